"""Reading deliberations, as far as the reader may see them; never a single ballot of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.audit.sealed import read_together
from governance.deliberation import policies, tally
from governance.deliberation.models import Ballot, Deliberation, Position, Seat
from governance.errors import NotFound, no_such
from governance.systems.models import AISystem


def deliberations(*, by: User, system: AISystem | None = None) -> QuerySet[Deliberation]:
    """Return the deliberations that `by` may see, newest first."""
    rows = Deliberation.objects.visible_to(by).select_related("system", "outcome").order_by("-pk")
    return rows if system is None else rows.filter(system=system)


def deliberation(*, deliberation_id: int, by: User) -> Deliberation:
    """Return one deliberation; raise NotFound when it is missing or `by` may not see it."""
    found = deliberations(by=by).filter(pk=deliberation_id).first()
    if found is None:
        raise no_such("deliberation")
    return found


def seat_of(*, deliberation: Deliberation, by: User) -> Seat | None:
    """Return the reader's own seat, if they have one."""
    return deliberation.seats.filter(user=by).first()


def own_seats(*, by: User) -> set[str]:
    """Return the actors under which the log knows the reader's seats."""
    return {f"seat:{pseudonym}" for pseudonym in Seat.objects.filter(user=by).values_list("pseudonym", flat=True)}


def own_ballot(*, deliberation: Deliberation, by: User) -> Ballot | None:
    """Return the newest ballot of the reader's own seat."""
    seat = seat_of(deliberation=deliberation, by=by)
    if seat is None:
        return None
    return deliberation.ballots.filter(pseudonym=seat.pseudonym).order_by("-pk").first()


def cast_ballot(*, deliberation_id: int, by: User, at: datetime) -> Ballot:
    """Return the newest ballot of the reader's own seat; raise NotPermitted unless they take part in deliberations of
    the system, NotFound when there is no such deliberation here or they have cast none."""
    found = deliberation(deliberation_id=deliberation_id, by=by)
    policies.check_takes_part(by=by, deliberation=found, at=at)
    ballot = own_ballot(deliberation=found, by=by)
    if ballot is None:
        raise NotFound("You have cast no ballot here.")
    return ballot


def positions(*, deliberation: Deliberation) -> list[Position]:
    """Return statements and dissents, with their words, in the order in which they were made."""
    found = list(deliberation.positions.select_related("user").order_by("pk"))
    read_together(found)
    return found


def dissents(*, deliberation: Deliberation) -> list[Position]:
    """Return the dissents, with their words, in the order in which they were made."""
    return [position for position in positions(deliberation=deliberation) if position.kind == Position.DISSENT]


@dataclass(frozen=True, slots=True)
class GroupTurnout:
    """How many `seats` a group has and how many of them `voted`; None where that is `withheld`, which says why."""

    seats: int
    voted: int | None
    withheld: str = ""


def turnout(*, deliberation: Deliberation) -> dict[str, GroupTurnout]:
    """Return the turnout of each seated group, without that of groups so small that it would say who voted.

    As many more are withheld as keep those from being worked out from the total, which the outcome makes public.
    """
    cast = set(deliberation.ballots.values_list("pseudonym", flat=True))
    roll = deliberation.seats.order_by("group_key").values_list("group_key", "pseudonym")
    seats = Counter(group for group, _ in roll)
    voted = {group: sum(group == of and seat in cast for of, seat in roll) for group in seats}
    least = deliberation.smallest_group
    hidden = _withheld(seats, voted, least=least)
    sentence = tally.WITHHELD.format(k=least)
    return {
        group: GroupTurnout(seats[group], None, sentence) if group in hidden else GroupTurnout(seats[group], count)
        for group, count in voted.items()
    }


def _withheld(seats: Mapping[str, int], voted: Mapping[str, int], *, least: int) -> frozenset[str]:
    hidden = tally.small_groups(seats, least) | tally.small_groups(voted, least)
    shown = sorted((size, group) for group, size in seats.items() if group not in hidden)
    # Beside groups without a single ballot, the total would be the ballots of the one that is withheld.
    return hidden | {shown[0][1]} if len(hidden) == 1 and shown else hidden


def voters(*, deliberation: Deliberation) -> set[str]:
    """Return the pseudonyms of the seats that have voted."""
    return {str(pseudonym) for pseudonym in deliberation.ballots.values_list("pseudonym", flat=True)}


def proposer_seat(*, deliberation: Deliberation) -> str | None:
    """Return the pseudonym of the proposer's own seat, if they have one."""
    seat = deliberation.seats.filter(user=deliberation.proposer_id).first()
    return str(seat.pseudonym) if seat else None


def awaiting_ballot(*, by: User, at: datetime) -> QuerySet[Deliberation]:
    """Return the deliberations that `by` may see, has a seat in, and has not voted in while voting runs at `at`."""
    seats = Seat.objects.filter(user=by, deliberation__state="voting")
    voted = Ballot.objects.filter(pseudonym__in=seats.values("pseudonym")).values("pseudonym")
    waiting = seats.exclude(pseudonym__in=voted)
    rows = Deliberation.objects.visible_to(by).filter(seats__in=waiting, voting_until__gt=at)
    return rows.select_related("system").order_by("voting_until")
