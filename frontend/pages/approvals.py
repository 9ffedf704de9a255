"""What the page of an approval shows: the statement, its validity, and how it ended."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import orjson

from frontend.forms.candidates import RevokeForm
from frontend.pages import audit as log
from governance.accounts.models import User
from governance.approvals import endings, policies
from governance.approvals.models import Approval
from governance.audit import selectors as audit
from governance.systems.policies import can


def content(*, approval: Approval, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page of `approval` shows to `by` at `at`."""
    envelope = orjson.loads(bytes(approval.envelope))
    subjects = (f"approval:{approval.pk}", f"decision:{approval.decision_id}")
    entries = [entry for subject in subjects for entry in audit.entries(subject=subject)]
    timeline = log.lines(sorted(entries, key=lambda entry: entry.leaf_id))
    return {
        "approval": approval,
        "decision": approval.decision,
        "candidate": approval.decision.revision.candidate,
        "ended_because": endings.ended_because(approval, at=at),
        "statement": orjson.loads(base64.b64decode(envelope["payload"])),
        "envelope": orjson.dumps(envelope, option=orjson.OPT_INDENT_2).decode(),
        "write_backs": approval.write_backs.order_by("pk"),
        "timeline": timeline,
        "marks": audit.marks([line.entry.leaf_id for line in timeline] + [approval.leaf_id]),
        "may_revoke": can(policies.check_can_revoke, by=by, approval=approval, at=at),
        "form": RevokeForm(),
    }
