"""What the pages of a value specification show: a document to read, and a draft to write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend import clauses, differences, wording
from frontend.forms.specs import DraftForm, PutForwardForm, RatifyForm
from frontend.pages import consequences
from governance.accounts.models import User
from governance.audit import selectors as audit
from governance.deliberation import policies as deliberation_policies
from governance.deliberation import selectors as deliberations
from governance.specs import policies, populations, selectors
from governance.specs.changes import Change
from governance.specs.models import SpecificationVersion, ValueSpecification
from governance.systems.models import AISystem
from governance.systems.policies import can

STALE = "stale-draft"


def version(*, system: AISystem, shown: SpecificationVersion, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page of one ratified version shows."""
    document = shown.content()
    versions = list(selectors.versions(system=system, by=by))
    return {
        "system": system,
        "version": shown,
        "is_in_force": versions[0] == shown,
        "document": document,
        "dimensions": [d | {"asks": [wording.criterion(c) for c in d["criteria"]]} for d in document["dimensions"]],
        "populations": [(key, populations.describe(found), found) for key, found in sorted(shown.populations.items())],
        "policy": wording.policy(document["approval_policy"]),
        "measures": clauses.measures(document),
        "conditions": clauses.conditions(document),
        "tensions": clauses.tensions(document),
        "yield_rules": clauses.yield_rules(document),
        "contexts": clauses.overlays(document),
        "changes": [_change(Change(**change)) for change in shown.changes],
        "versions": versions,
        "draft": selectors.working_draft(system=system),
        "may_draft": can(policies.check_can_draft, by=by, system=system, at=at),
        "marks": audit.marks([row.leaf_id for row in versions]),
    }


def _change(change: Change) -> dict[str, str]:
    sign, _ = differences.KINDS[change.kind]
    return {"kind": change.kind, "sign": sign, "sentence": differences.sentence(change)}


def draft(*, system: AISystem, by: User, at: datetime, sent: DraftForm | None = None) -> dict[str, Any]:
    """Return everything that the page of the working draft shows, with the text that was `sent`, if one was."""
    line = selectors.working_draft(system=system)
    about = deliberations.deliberations(by=by, system=system).filter(subject_digest=line.draft_digest) if line else []
    return {
        "system": system,
        "draft": line,
        "form": _editor(line, sent),
        "about": about,
        "may_draft": can(policies.check_can_draft, by=by, system=system, at=at),
        "may_prepare": line is not None
        and line.state == "draft"
        and can(deliberation_policies.check_can_prepare, by=by, system=system, at=at),
        "may_ratify": line is not None and can(policies.check_can_ratify, by=by, specification=line, at=at),
        "may_put_forward": _may_put_forward(line, by=by, at=at),
        "ratify": RatifyForm(initial={"digest": line.draft_digest} if line else {}),
        "put_forward": PutForwardForm(),
        "consequences": consequences.shown(line, by=by, at=at),
    }


def _editor(line: ValueSpecification | None, sent: DraftForm | None) -> DraftForm:
    if sent is None:
        return DraftForm(initial={"text": line.draft_text, "replaces": line.draft_digest} if line else {})
    if line is not None and sent.refusal is not None and sent.refusal.code == STALE:
        # The page shows the other draft below what was sent, so the next save replaces it knowingly.
        sent.renew(replaces=line.draft_digest)
    return sent


def _may_put_forward(line: ValueSpecification | None, *, by: User, at: datetime) -> bool:
    if line is None or line.state != "draft":
        return False
    return can(policies.check_can_draft, by=by, system=line.system, at=at)
