"""What ratifying a draft, or withdrawing a sheet, would do to what stands, said before it is done; see ADR 0010."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from governance.accounts.models import User
from governance.approvals import endings, selectors
from governance.approvals.models import Approval, CandidateRevision, ReleaseCandidate
from governance.approvals.states import ApprovalState, CandidateState
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
    asked = {criterion.metric for dimension in draft.document.dimensions for criterion in dimension.criteria}
    metrics = specs.approved_sheets(system=system, metrics=asked).keys()
    return [
        _consequence(approval, draft, approved_metrics=metrics) for approval in _standing(system=system, by=by, at=at)
    ]


@dataclass(frozen=True, kw_only=True)
class Resting:
    """What rests on the sheet of a metric: approvals, which stand although it is withdrawn, and open candidates, which
    have to be judged anew."""

    approvals: list[Approval] = field(default_factory=list)
    candidates: list[ReleaseCandidate] = field(default_factory=list)


def of_withdrawing(*, system: AISystem, by: User, at: datetime) -> dict[str, Resting]:
    """Return, for each metric, what of `system` stands at `at` that its signers were shown the metric's sheet for, as
    far as `by` may see it, newest first."""
    found: dict[str, Resting] = defaultdict(Resting)
    for approval in _standing(system=system, by=by, at=at):
        for metric in _metrics(approval.decision.revision):
            found[metric].approvals.append(approval)
    for candidate in selectors.candidates(by=by, system=system).filter(state=CandidateState.OPEN):
        for metric in _metrics(selectors.newest_revision(candidate)):
            found[metric].candidates.append(candidate)
    return found


def _metrics(revision: CandidateRevision) -> list[str]:
    return [row["metric"] for row in revision.content()["metrics"]]


def _standing(*, system: AISystem, by: User, at: datetime) -> list[Approval]:
    active = selectors.approvals(by=by, system=system).filter(state=ApprovalState.ACTIVE)
    active = active.select_related("decision__revision__report")
    return [approval for approval in active if not endings.ended_because(approval, at=at)]


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
