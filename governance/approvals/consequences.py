"""What ratifying a draft would do to the approvals that stand, said before it is done; see ADR 0010."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from governance.accounts.models import User
from governance.approvals import endings, selectors
from governance.approvals.models import Approval
from governance.errors import Invalid
from governance.gates.preview import preview
from governance.gates.report import GateReport
from governance.specs import populations
from governance.specs import selectors as specs
from governance.specs.changes import Change
from governance.specs.document import Specification
from governance.specs.editions import Edition
from governance.systems.models import AISystem


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What would become of one approval: it lapses by `changes`, and stands where there are none.

    `preview` is what the gate would say of its frozen evidence, without the groups `regrouped`, whose cases the draft
    chooses in another way, and the metrics `rederived`, which it derives in another way; None where that evidence
    cannot be replayed, `unreplayable` says why.
    """

    approval: Approval
    changes: tuple[Change, ...]
    regrouped: tuple[str, ...]
    rederived: tuple[str, ...]
    preview: GateReport | None
    unreplayable: str

    @property
    def lapses(self) -> bool:
        """Whether the approval would lapse."""
        return bool(self.changes)

    @property
    def because(self) -> str:
        """Why it would lapse or stand, as a sentence."""
        since = f"wording since specification {self.approval.specification.version}"
        if not self.changes:
            return f"The draft changes nothing but {since}."
        return f"The draft changes more than {since}: {'; '.join(change.sentence for change in self.changes)}."


def of_ratifying(draft: Edition, *, system: AISystem, by: User, at: datetime) -> list[Consequence]:
    """Return what would become of each approval of `system` that stands at `at` and that `by` may see, newest first."""
    active = selectors.approvals(by=by, system=system).filter(state="active")
    active = active.select_related("decision__revision__report")
    standing = [approval for approval in active if not endings.ended_because(approval, at=at)]
    asked = {criterion.metric for dimension in draft.document.dimensions for criterion in dimension.criteria}
    metrics = specs.approved_sheets(system=system, metrics=asked).keys()
    return [_consequence(approval, draft, approved_metrics=metrics) for approval in standing]


def _consequence(approval: Approval, draft: Edition, *, approved_metrics: Collection[str]) -> Consequence:
    regrouped = populations.regrouped(approval.specification.populations, draft.populations)
    rederived = _rederived(approval.specification.parsed(), draft.document)
    found: GateReport | None = None
    unreplayable = ""
    try:
        section = approval.decision.revision.report.content()["inputs"]
        found = preview(
            section,
            specification=draft.document,
            approved_metrics=approved_metrics,
            regrouped=regrouped,
            rederived=rederived,
        )
    except Invalid as refusal:
        unreplayable = refusal.message
    return Consequence(
        approval=approval,
        changes=endings.more_than_wording(approval, later=draft.document, populations=draft.populations),
        regrouped=regrouped,
        rederived=rederived,
        preview=found,
        unreplayable=unreplayable,
    )


def _rederived(old: Specification, new: Specification) -> tuple[str, ...]:
    """Return the metrics that are derived in another way, or only in one of the two and recorded in the other."""
    before, after = ({m.metric: replace(m, why="") for m in one.measures} for one in (old, new))
    return tuple(sorted(metric for metric in before.keys() | after.keys() if before.get(metric) != after.get(metric)))
