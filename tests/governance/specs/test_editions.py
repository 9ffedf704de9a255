"""Two versions beside each other: which step the number needs and made, and who has to be heard."""

from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.specs import diff, editions, selectors, services
from governance.specs.models import SpecificationVersion
from tests.factories.world import SPECIFICATION, World

LOOSER = SPECIFICATION.replace("version: 1.0.0", "version: 2.0.0").replace("threshold: 0.70", "threshold: 0.60")
REWORDED = SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed")
GROUPS = ("excellent-health", "fair-health", "good-health", "limited", "poor-health")

STEPS = [
    ("1.0.0", "1.0.1", "patch"),
    ("1.0.0", "1.2.3", "minor"),
    ("1.9.3", "2.1.0", "major"),
    ("1.2.3", "1.2.3", None),
    ("1.2.3", "1.1.0", None),
]


@pytest.mark.parametrize(("old", "new", "step"), STEPS)
def test_the_step_that_was_made_is_the_highest_number_that_rose(old: str, new: str, step: str | None) -> None:
    assert diff.made_bump(old, new) == step


def test_what_is_no_version_makes_no_step() -> None:
    with pytest.raises(Invalid, match="not a version"):
        diff.made_bump("1.0.0", "next")


def _drafted(world: World, text: str) -> editions.Edition:
    world.draft(text)
    line = selectors.working_draft(system=world.system)
    assert line is not None
    return editions.drafted(line)


def test_a_draft_that_asks_less_needs_a_major_version_and_every_group_that_loses(
    world: World, specification: SpecificationVersion
) -> None:
    found = editions.beside(specification, _drafted(world, LOOSER))
    assert [(change.kind, change.before, change.after) for change in found.changes] == [("loosened", "0.7", "0.6")]
    assert (found.needed, found.made, found.refusal) == ("major", "major", "")
    assert (found.seats, found.unseated) == (GROUPS, ())
    assert found.new.ratified is None
    deliberated = world.prepare_deliberation(digest=world.drafted())
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    line = selectors.working_draft(system=world.system)
    assert line is not None
    assert editions.beside(specification, editions.drafted(line)).unseated == ("excellent-health", "fair-health")


def test_other_words_take_nothing_from_anybody(world: World, specification: SpecificationVersion) -> None:
    found = editions.beside(specification, _drafted(world, REWORDED))
    assert (found.needed, found.made, found.seats) == ("patch", "patch", ())


def test_a_group_that_is_declared_anew_after_the_draft_shows_that_the_number_is_too_low(
    world: World, specification: SpecificationVersion
) -> None:
    world.draft(REWORDED)
    world.declare("limited", {"column": "limited", "in": ["yes", "a little"]})
    line = selectors.working_draft(system=world.system)
    assert line is not None
    found = editions.beside(specification, editions.drafted(line))
    assert (found.needed, found.made) == ("major", "patch")
    assert "Call it 2.0.0 or higher." in found.refusal
    assert "limited" in found.seats


def test_a_ratified_version_stands_beside_its_successor(world: World, specification: SpecificationVersion) -> None:
    later = world.ratify(REWORDED)
    found = editions.beside(specification, editions.ratified(later))
    assert [vars(change) for change in found.changes] == later.changes
    assert editions.beside(specification, editions.ratified(specification)).needed == ""
