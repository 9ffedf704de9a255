from __future__ import annotations

from django.db import migrations

from governance import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("systems", "0001_initial")]

    operations = [
        guards.append_only("systems_stakeholdergroup", columns=['system_id', 'key', 'version', 'name', 'mandate', 'affected_because', 'floor', 'selector', 'declared_at', 'declared_by_id']),
        guards.never_deleted("systems_aisystem"),
        guards.never_deleted("systems_deploymentcontext"),
        guards.never_deleted("systems_registeredmodellink"),
        guards.never_deleted("systems_rolegrant"),
        guards.frozen_columns("systems_rolegrant", ['system_id', 'user_id', 'role', 'group_key', 'starts_at', 'ends_at', 'granted_by_id'], unless='FALSE'),
    ]
