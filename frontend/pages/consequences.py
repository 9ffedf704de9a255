"""What ratifying a draft would do, as the draft's page and its form say before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from frontend import differences
from governance.accounts.models import User
from governance.approvals import consequences
from governance.approvals.consequences import Consequence
from governance.errors import Invalid
from governance.specs import editions, selectors
from governance.specs.editions import Beside
from governance.specs.models import ValueSpecification

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class AffectedShown:
    """One standing approval, why it would lapse or stand, and what the gate would say; `more` counts the reasons that
    are left out."""

    found: Consequence
    why: tuple[str, ...]
    reasons: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ConsequencesShown:
    """What follows from ratifying a draft; `beside` is None for the first one, `refusal` says why nothing is known."""

    beside: Beside | None
    counts: tuple[tuple[str, str, int], ...]
    affected: tuple[AffectedShown, ...]
    refusal: str = ""

    @property
    def lapsing(self) -> list[AffectedShown]:
        """Those that would lapse."""
        return [shown for shown in self.affected if shown.found.lapses]


def shown(line: ValueSpecification | None, *, by: User, at: datetime) -> ConsequencesShown | None:
    """Return what would follow from ratifying the draft of `line`; None when there is no draft to ratify."""
    if line is None or line.state == "ratified":
        return None
    try:
        draft, newest = editions.drafted(line), selectors.in_force(system=line.system)
        beside = editions.beside(newest, draft) if newest else None
        found = consequences.of_ratifying(draft, system=line.system, by=by, at=at)
    except Invalid as refusal:
        return ConsequencesShown(None, (), (), refusal.message)
    kinds = [change.kind for change in beside.changes] if beside else []
    counts = tuple((kind, sign, kinds.count(kind)) for kind, (sign, _) in differences.KINDS.items() if kind in kinds)
    return ConsequencesShown(beside, counts, tuple(_affected(one) for one in found))


def _affected(found: Consequence) -> AffectedShown:
    reasons = found.preview.reasons if found.preview else ()
    return AffectedShown(
        found=found,
        why=tuple(differences.sentence(change) for change in found.changes),
        reasons=reasons[:MOST_REASONS],
        more=max(len(reasons) - MOST_REASONS, 0),
    )
