"""Why an approval no longer holds, judged at the moment of asking; an error or a doubt is never an approval."""

from __future__ import annotations

from datetime import datetime

from governance.approvals.models import Approval, Decision
from governance.approvals.states import ApprovalState
from governance.gates import selectors as gates
from governance.gates.verdicts import FAIL
from governance.specs import selectors as specs
from governance.specs.changes import Change
from governance.specs.document import Specification
from governance.specs.populations import Populations

REWORDED = "reworded"


def ended_because(approval: Approval, *, at: datetime, quoting: bool = True) -> str:
    """Return why `approval` does not hold at `at`, or an empty string when it does.

    Without `quoting` the words of whoever ended it are left out, as they must be from what is kept.
    """
    if approval.state != ApprovalState.ACTIVE:
        ended = f"Approval {approval} was {approval.state} on {approval.ending.ended_at:%Y-%m-%d}"
        return f"{ended}: {approval.ending.reason}" if quoting else f"{ended}."
    return lapsed_because(approval, at=at)


def lapsed_because(approval: Approval, *, at: datetime) -> str:
    """Return why an approval that nobody ended has lapsed by `at`: time, other bytes, or another specification."""
    if at >= approval.valid_until:
        return f"Approval {approval} expired on {approval.valid_until:%Y-%m-%d %H:%M} UTC."
    if at < approval.valid_from:
        return f"Approval {approval} does not hold before {approval.valid_from:%Y-%m-%d %H:%M} UTC."
    signed = approval.decision.revision.content()["model"]
    if (approval.model_version.digest, approval.model_version.fingerprint) != (signed["digest"], signed["manifest"]):
        return f"The model's files are others than approval {approval} names."
    if because := _refuted_because(approval):
        return because
    in_force = specs.in_force(system=approval.system)
    if in_force is None:
        return "No specification is in force."
    changed = in_force.pk != approval.specification_id and more_than_wording(
        approval, later=in_force.parsed(), populations=in_force.populations
    )
    return f"Specification {in_force.version} changed more than wording since approval {approval}." if changed else ""


def more_than_wording(approval: Approval, *, later: Specification, populations: Populations) -> tuple[Change, ...]:
    """Return what `later`, asked of these `populations`, changes beyond wording about the specification that `approval`
    rests on. An approval stands under `later` only where there is nothing."""
    changes = approval.specification.changes_to(later, populations=populations)
    return tuple(change for change in changes if change.kind != REWORDED)


def _refuted_because(approval: Approval) -> str:
    """Return what was judged or decided later about the same version in the same context, and speaks against it."""
    version, context = approval.model_version, approval.context_key
    report = gates.latest_report(version=version, context_key=context)
    if report is not None and report.verdict == FAIL and report.pk > approval.decision.revision.report_id:
        return f"The gate has judged newer evidence since approval {approval}: {FAIL}."
    alike = {"revision__candidate__model_version": version, "revision__candidate__context_key": context}
    later = Decision.objects.filter(**alike, pk__gt=approval.decision_id, outcome="rejected").order_by("-pk").first()
    if later is not None:
        return f"The board rejected this version for {context} on {later.decided_at:%Y-%m-%d}."
    return ""
