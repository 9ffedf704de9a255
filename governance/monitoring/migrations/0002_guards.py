from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.monitoring.states import TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("monitoring", "0001_initial")]

    operations = [
        guards.append_only("monitoring_synchronisation", columns=['system_id', 'report_id', 'report_digest', 'judged_by_id', 'judged_at', 'leaf_id']),
        guards.never_deleted("monitoring_deployment"),
        guards.never_deleted("monitoring_outofbandpromotion"),
        guards.transitions("monitoring_outofbandpromotion", TRANSITIONS),
        guards.frozen_columns("monitoring_deployment", ['system_id', 'context_key', 'model_version_id', 'since']),
        guards.filled_once("monitoring_deployment", ['until']),
        guards.frozen_columns("monitoring_outofbandpromotion", ['system_id', 'context_key', 'alias', 'model_version_id', 'before_id', 'unmet', 'found_at', 'leaf_id']),
        guards.filled_once("monitoring_outofbandpromotion", ['resolved_at', 'resolved_because']),
    ]
