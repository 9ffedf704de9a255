from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.monitoring.states import CLAIM_TRANSITIONS, INCIDENT_TRANSITIONS, MARK_TRANSITIONS, PROMOTION_TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("monitoring", "0001_initial")]

    operations = [
        guards.append_only("monitoring_synchronisation", columns=['system_id', 'report_id', 'report_digest', 'judged_by_id', 'judged_at', 'leaf_id']),
        guards.never_deleted("monitoring_deployment"),
        guards.never_deleted("monitoring_outofbandpromotion"),
        guards.never_deleted("monitoring_outofbandmark"),
        guards.never_deleted("monitoring_outofbandclaim"),
        guards.never_deleted("monitoring_integrityincident"),
        guards.transitions("monitoring_outofbandpromotion", PROMOTION_TRANSITIONS),
        guards.transitions("monitoring_outofbandmark", MARK_TRANSITIONS),
        guards.transitions("monitoring_outofbandclaim", CLAIM_TRANSITIONS),
        guards.transitions("monitoring_integrityincident", INCIDENT_TRANSITIONS),
        guards.frozen_columns("monitoring_deployment", ['system_id', 'context_key', 'registered_model_id', 'model_version_id', 'since']),
        guards.filled_once("monitoring_deployment", ['until']),
        guards.frozen_columns("monitoring_outofbandpromotion", ['system_id', 'context_key', 'alias', 'registered_model_id', 'model_version_id', 'before_id', 'unmet', 'found_at', 'leaf_id']),
        guards.filled_once("monitoring_outofbandpromotion", ['resolved_at', 'resolved_because']),
        guards.frozen_columns("monitoring_outofbandmark", ['system_id', 'context_key', 'kind', 'key', 'registered_model_id', 'model_version_id', 'before', 'after', 'found_at', 'leaf_id']),
        guards.filled_once("monitoring_outofbandmark", ['resolved_at', 'resolved_because']),
        guards.frozen_columns("monitoring_outofbandclaim", ['system_id', 'kind', 'registered_model_id', 'model_version_id', 'before', 'after', 'found_at', 'leaf_id']),
        guards.filled_once("monitoring_outofbandclaim", ['resolved_at', 'resolved_because']),
        guards.frozen_columns("monitoring_integrityincident", ['system_id', 'model_version_id', 'before_id', 'after_id', 'files', 'found_at', 'leaf_id']),
        guards.filled_once("monitoring_integrityincident", ['resolved_at', 'resolved_because']),
    ]
