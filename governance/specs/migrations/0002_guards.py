from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.specs.states import TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("specs", "0001_initial")]

    operations = [
        guards.append_only("specs_specificationversion", columns=['specification_id', 'version', 'document', 'digest', 'text', 'changes', 'populations', 'drafter_id', 'deliberation_id', 'ratified_by_id', 'ratified_at', 'leaf_id']),
        guards.append_only("specs_metricsheet", columns=["system_id", "metric", "document", "digest", "written_by_id", "written_at", "leaf_id"]),
        guards.append_only("specs_sheetapproval", columns=["sheet_id", "written_by_id", "approved_by_id", "approved_at", "leaf_id"]),
        guards.append_only("specs_sheetwithdrawal", columns=["approval_id", "withdrawn_by_id", "withdrawn_at", "leaf_id"]),
        guards.never_deleted("specs_valuespecification"),
        guards.transitions("specs_valuespecification", TRANSITIONS),
        guards.frozen_columns("specs_valuespecification", ['system_id']),
        guards.frozen_columns("specs_valuespecification", ['draft_text', 'draft_digest', 'drafter_id', 'drafted_at', 'deliberation_id'], unless="OLD.state = 'draft' OR NEW.state = 'draft'", name="put_forward"),
    ]
