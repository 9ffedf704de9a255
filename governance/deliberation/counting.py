"""From ballot rows to the pure tally and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from governance.deliberation import tally
from governance.deliberation.models import Ballot, Deliberation


@dataclass(frozen=True, slots=True)
class Counted:
    """The winner's key (empty when there is none) and the tally's document."""

    winner: str
    document: dict[str, Any]


def newest_ballots(deliberation: Deliberation) -> list[Ballot]:
    """Return the newest ballot of each seat: the one that counts."""
    return list(deliberation.ballots.order_by("pseudonym", "-pk").distinct("pseudonym"))


def count(deliberation: Deliberation, *, ballots: list[Ballot]) -> Counted:
    """Count `ballots` under every rule, the deliberation's own marked."""
    outcome = tally.tally(
        options=[option["key"] for option in deliberation.options],
        ballots=[tally.Ballot(seat=str(b.pseudonym), group=b.group_key, ranking=tuple(b.ranking)) for b in ballots],
        rule=deliberation.rule,
        quorum=deliberation.quorum,
        group_quorum=dict.fromkeys(deliberation.seated_groups, deliberation.group_quorum),
        k=deliberation.smallest_group,
    )
    return Counted(winner=outcome.winner or "", document=outcome.as_document())
