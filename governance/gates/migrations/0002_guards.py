from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.gates.states import TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("gates", "0001_initial")]

    operations = [
        guards.append_only("gates_gatereport", columns=['system_id', 'model_version_id', 'model_digest', 'context_key', 'specification_id', 'verdict', 'evidence', 'document', 'digest', 'judged_by_id', 'judged_at', 'leaf_id']),
        guards.never_deleted("gates_route"),
        guards.transitions("gates_route", TRANSITIONS),
        guards.frozen_columns("gates_route", ['report_id', 'signal', 'dimension', 'metric', 'process', 'sentence', 'opened_at']),
        guards.filled_once("gates_route", ['closed_at', 'closed_by_id', 'closed_leaf_id', 'deliberation_id']),
    ]
