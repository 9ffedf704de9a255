"""Turnout by group, as everybody who may see a deliberation is told it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.deliberation import selectors, services
from governance.deliberation.models import Deliberation
from governance.systems import services as systems
from governance.systems.models import RoleGrant
from tests import people
from tests.factories.world import World


@pytest.mark.expectation(10)
@pytest.mark.parametrize(
    ("seated", "voting", "withheld"),
    [
        ({"limited": 4, "good-health": 4}, {"limited": 4, "good-health": 3}, set()),
        ({"limited": 1, "good-health": 3, "poor-health": 4}, {"limited": 1}, {"limited", "good-health"}),
        ({"limited": 3, "good-health": 3, "poor-health": 4}, {"good-health": 1}, {"good-health", "limited"}),
        ({"limited": 1, "good-health": 2, "poor-health": 3}, {"poor-health": 3}, {"limited", "good-health"}),
    ],
)
def test_a_withheld_turnout_is_never_what_the_total_leaves_over(
    world: World, seated: dict[str, int], voting: dict[str, int], withheld: set[str]
) -> None:
    found = _voting_among(world, seated)
    for group, number in voting.items():
        for seat in found.seats.filter(group_key=group).order_by("pk")[:number]:
            services.cast_ballot(deliberation_id=found.pk, ranking=["adopt"], by=seat.user, at=world.tick())
    shown = selectors.turnout(deliberation=found)
    assert {group for group, row in shown.items() if row.voted is None} == withheld
    assert {group: row.seats for group, row in shown.items()} == seated


def _voting_among(world: World, seated: dict[str, int]) -> Deliberation:
    """Return a deliberation in which so many of each group have a seat, and groups under 3 are small."""
    for group, number in seated.items():
        for index in range(RoleGrant.objects.filter(group_key=group).count(), number):
            _add(world, group, name=f"{group.replace('-', '_')}_{index}")
    found = world.prepare_deliberation(digest="0" * 64, groups=tuple(seated))
    world.open_voting(found)
    return found


def _add(world: World, group: str, *, name: str) -> None:
    by = world.people.administrator
    at = world.tick()
    user = people.add_person(name, by=by, at=at)
    systems.grant_role(
        system_key="outreach",
        user=user,
        role="participant",
        group_key=group,
        starts_at=at,
        ends_at=at + timedelta(days=30),
        by=by,
        at=at,
    )
