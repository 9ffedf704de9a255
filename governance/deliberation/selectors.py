"""Reading deliberations, as far as the reader may see them; never a single ballot of another."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.deliberation.models import Ballot, Deliberation, Position, Seat
from governance.errors import no_such
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


def positions(*, deliberation: Deliberation) -> QuerySet[Position]:
    """Return statements and dissents in the order in which they were made."""
    return deliberation.positions.select_related("user").order_by("pk")


def turnout(*, deliberation: Deliberation) -> dict[str, dict[str, int]]:
    """Return, for each seated group, its seats and how many of them have voted."""
    voted = set(deliberation.ballots.values_list("pseudonym", flat=True))
    counts: dict[str, dict[str, int]] = {}
    for seat in deliberation.seats.order_by("group_key"):
        entry = counts.setdefault(seat.group_key, {"seats": 0, "voted": 0})
        entry["seats"] += 1
        entry["voted"] += seat.pseudonym in voted
    return counts


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
