from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.approvals.states import CANDIDATE_TRANSITIONS
from governance.approvals.states import APPROVAL_TRANSITIONS
from governance.approvals.states import WRITE_BACK_TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("approvals", "0002_initial")]

    operations = [
        guards.append_only("approvals_candidaterevision", columns=['candidate_id', 'number', 'artifact_digest', 'specification_id', 'report_id', 'document', 'lineage', 'digest', 'made_by_id', 'made_at', 'leaf_id']),
        guards.append_only("approvals_conflictdeclaration", columns=['candidate_id', 'user_id', 'declared_at', 'leaf_id']),
        guards.append_only("approvals_signoff", columns=['revision_id', 'user_id', 'role', 'group_key', 'stance', 'shown_digest', 'signed_at', 'leaf_id']),
        guards.append_only("approvals_decision", columns=['revision_id', 'outcome', 'document', 'digest', 'decided_by_id', 'decided_at', 'leaf_id']),
        guards.append_only("approvals_approvalending", columns=['approval_id', 'state', 'ended_by_id', 'ended_at', 'leaf_id']),
        guards.append_only("approvals_attestationkey", columns=['key_id', 'public_key', 'introduced_at', 'leaf_id']),
        guards.never_deleted("approvals_releasecandidate"),
        guards.never_deleted("approvals_approval"),
        guards.never_deleted("approvals_writeback"),
        guards.transitions("approvals_releasecandidate", CANDIDATE_TRANSITIONS),
        guards.transitions("approvals_approval", APPROVAL_TRANSITIONS),
        guards.transitions("approvals_writeback", WRITE_BACK_TRANSITIONS),
        guards.frozen_columns("approvals_approval", ['decision_id', 'system_id', 'model_version_id', 'specification_id', 'artifact_digest', 'context_key', 'valid_from', 'valid_until', 'envelope', 'statement_digest', 'key_id', 'leaf_id']),
        guards.leaves_only_with("approvals_approval", state="active", beside="approvals_approvalending", key="approval_id"),
        guards.frozen_columns("approvals_releasecandidate", ['system_id', 'model_version_id', 'context_key', 'opened_by_id', 'opened_at']),
        guards.filled_once("approvals_releasecandidate", ['withdrawn_by_id', 'withdrawn_at', 'withdrawn_leaf_id']),
        guards.frozen_columns("approvals_writeback", ['system_id', 'model_version_id', 'context_key', 'approval_id', 'word', 'queued_at']),
        guards.filled_once("approvals_writeback", ['done_at']),
    ]
