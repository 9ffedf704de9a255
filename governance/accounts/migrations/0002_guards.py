from __future__ import annotations

from django.db import migrations

from governance import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        guards.never_deleted("accounts_user"),
        guards.never_deleted("accounts_token"),
        guards.frozen_columns("accounts_user", ['id', 'kind', 'joined_at']),
        guards.frozen_columns("accounts_user", ['name', 'email', 'is_active', 'is_administrator'], unless="OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL", name="known"),
        guards.frozen_columns("accounts_user", ['must_change_password'], unless="NEW.password <> OLD.password", name="first_password"),
        guards.filled_once("accounts_user", ['erased_at']),
        guards.frozen_columns("accounts_token", ['user_id', 'label', 'digest', 'scopes', 'issued_at', 'issued_by_id', 'expires_at']),
        guards.filled_once("accounts_token", ['revoked_at', 'revoked_by_id']),
    ]
