"""Who may do what in a deliberation, and when."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.deliberation.models import Deliberation, Seat
from governance.deliberation.states import DeliberationState
from governance.errors import NotAllowedNow, NotPermitted
from governance.systems.models import AISystem
from governance.systems.policies import check_permission


def check_can_prepare(*, by: User, system: AISystem, at: datetime) -> None:
    """Facilitators prepare deliberations."""
    check_permission(by=by, permission="deliberation.run", system=system, at=at)


def check_can_run(*, by: User, deliberation: Deliberation, state: str, at: datetime) -> None:
    """Facilitators lead a deliberation from `state` to the next."""
    check_permission(by=by, permission="deliberation.run", system=deliberation.system, at=at, what="deliberation")
    _check_state(deliberation, state)


def check_can_state(*, by: User, deliberation: Deliberation, at: datetime) -> Seat:
    """Seated participants speak while it is open or voting; return the seat."""
    seat = _check_seated(by=by, deliberation=deliberation, at=at)
    if deliberation.state not in (DeliberationState.OPEN, DeliberationState.VOTING):
        raise NotAllowedNow(f"Positions are stated while a deliberation is open; this one is {deliberation.state}.")
    return seat


def check_can_vote(*, by: User, deliberation: Deliberation, at: datetime) -> Seat:
    """Seated participants vote until the close; return the seat."""
    seat = _check_seated(by=by, deliberation=deliberation, at=at)
    _check_state(deliberation, DeliberationState.VOTING)
    if deliberation.voting_until is not None and at >= deliberation.voting_until:
        raise NotAllowedNow("Voting has closed.", code="voting-closed")
    return seat


def check_takes_part(*, by: User, deliberation: Deliberation, at: datetime) -> None:
    """Whoever takes part in deliberations of the system may read what they cast."""
    check_permission(by=by, permission="deliberation.take_part", system=deliberation.system, at=at, what="deliberation")


def check_can_decide(
    *, by: User, deliberation: Deliberation, voters: set[str], proposer_seat: str | None, at: datetime
) -> None:
    """The facilitator counts once voting has closed or every seat has voted; the proposer never decides alone."""
    check_can_run(by=by, deliberation=deliberation, state=DeliberationState.VOTING, at=at)
    if not voters - {proposer_seat}:
        raise NotAllowedNow("Nobody but the proposer has voted; the proposer is never the sole decider.")
    everybody = deliberation.seats.count() == len(voters)
    if not everybody and (deliberation.voting_until is None or at < deliberation.voting_until):
        raise NotAllowedNow(
            f"Voting runs until {deliberation.voting_until:%Y-%m-%d %H:%M} UTC or until every seat has voted."
        )


def _check_seated(*, by: User, deliberation: Deliberation, at: datetime) -> Seat:
    check_takes_part(by=by, deliberation=deliberation, at=at)
    seat = deliberation.seats.filter(user=by).first()
    if seat is None:
        raise NotPermitted("The roll of this deliberation was frozen without you.")
    return seat


def _check_state(deliberation: Deliberation, state: str) -> None:
    if deliberation.state != state:
        raise NotAllowedNow(f"This needs a deliberation that is {state}; this one is {deliberation.state}.")
