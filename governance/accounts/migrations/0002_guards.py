from __future__ import annotations

from django.db import migrations

from governance import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        guards.never_deleted("accounts_user"),
        guards.never_deleted("accounts_token"),
    ]
