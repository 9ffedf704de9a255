from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.evidence.states import UPLOAD_TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("evidence", "0001_initial")]

    operations = [
        guards.append_only("evidence_checkpoint", columns=['system_id', 'model_version_id', 'digest', 'registered_by_id', 'registered_at', 'leaf_id']),
        guards.append_only("evidence_evaluationrun", columns=['system_id', 'model_version_id', 'model_digest', 'specification_id', 'run_id', 'level', 'evaluator', 'datasets', 'file', 'signals', 'table_digest', 'cases', 'evaluated_at', 'after_ratification', 'digest', 'read_by_id', 'read_at', 'leaf_id']),
        guards.append_only("evidence_observation", columns=['evaluation_id', 'dimension', 'metric', 'aggregate', 'group_key', 'context_key', 'estimate', 'n', 'document', 'claimed']),
        guards.append_only("evidence_edgecaseset", columns=['system_id', 'key', 'version', 'title', 'split', 'cases', 'document', 'digest', 'written_by_id', 'written_at', 'leaf_id']),
        guards.append_only("evidence_edgecaseexposure", columns=['edge_cases_id', 'how', 'model_version_id', 'by_id', 'at', 'leaf_id']),
        guards.never_deleted("evidence_evidenceupload"),
        guards.transitions("evidence_evidenceupload", UPLOAD_TRANSITIONS),
        guards.frozen_columns("evidence_evidenceupload", ['system_id', 'model_version_id', 'name', 'said', 'results', 'digest', 'size', 'begun_by_id', 'begun_at']),
        guards.filled_once("evidence_evidenceupload", ['evaluation_id']),
    ]
