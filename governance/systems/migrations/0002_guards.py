from __future__ import annotations

from django.db import migrations

from governance import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("systems", "0001_initial")]

    operations = [
        guards.append_only("systems_stakeholdergroup", columns=['system_id', 'key', 'version', 'name', 'mandate', 'affected_because', 'floor', 'selector', 'declared_at', 'declared_by_id']),
        guards.never_deleted("systems_aisystem"),
        guards.append_only("systems_deploymentcontext", columns=['system_id', 'key', 'name', 'stakes', 'live_alias', 'added_at']),
        guards.append_only("systems_registeredmodellink", columns=['system_id', 'server_key', 'name', 'connected_at']),
        guards.never_deleted("systems_rolegrant"),
        guards.frozen_columns("systems_aisystem", ['key', 'name', 'purpose', 'owner_id', 'created_at']),
        guards.frozen_columns("systems_rolegrant", ['system_id', 'user_id', 'role', 'group_key', 'starts_at', 'ends_at', 'granted_by_id']),
        guards.filled_once("systems_rolegrant", ['ended_at', 'ended_by_id']),
    ]
