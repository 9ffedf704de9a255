"""The versions of a system beside each other: who gives way to whom, group by group, and nothing added up."""

from __future__ import annotations

import pytest

from frontend.profiles import BOTTOM, TOP, profile
from governance.specs.models import SpecificationVersion
from tests.factories.world import FAILING, PASSING, World
from tests.frontend.conftest import SignedIn

PAGE = "/systems/outreach/versions/us/outreach/phone/"


def _read(world: World, as_person: SignedIn, path: str = PAGE) -> str:
    response = as_person(world.people.auditor).get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.django_db
def test_each_version_says_what_dominates_it(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.judged(PASSING, number="1")
    world.judged(FAILING, number="2")
    world.judged({**FAILING, "good-health": (99, 100)}, number="3")
    text = _read(world, as_person)
    assert text.count("Nothing dominates it.") == 2
    assert "Dominated by outreach-model 1, outreach-model 3." in text
    assert '<th scope="row">Poor health</th>' in text
    assert "0.40" in text


@pytest.mark.django_db
def test_a_version_without_evidence_for_a_group_is_not_compared(
    world: World, specification: SpecificationVersion, as_person: SignedIn
) -> None:
    world.judged(PASSING, number="1")
    world.judged({**PASSING, "limited": (0, 0)}, number="2")
    text = _read(world, as_person)
    assert "Not compared: no evidence for limited on recall." in text
    assert text.count("Nothing dominates it.") == 1


@pytest.mark.django_db
def test_a_page_with_nothing_to_compare_says_what_is_missing(world: World, as_person: SignedIn) -> None:
    assert "No specification is in force" in _read(world, as_person)
    world.ratify()
    assert "The gate has judged no version here" in _read(world, as_person)
    assert as_person(world.people.auditor).get("/systems/outreach/versions/us/none/").status_code == 404
    assert as_person(world.people.outsider).get(PAGE).status_code == 404


def test_a_profile_breaks_where_nothing_was_measured_and_keeps_its_names_apart() -> None:
    drawn = profile(
        {"model 1": [0.9, None, 0.8], "model 2": [0.9, 0.7, 0.8]},
        groups=["a", "b", "c"],
        thresholds=[0.7],
        is_proportion=True,
    )
    first, second = drawn.lines
    assert (first.path.count("M"), first.path.count("L"), len(first.dots)) == (2, 0, 2)
    assert (second.path.count("M"), second.path.count("L")) == (1, 2)
    assert abs(first.label_y - second.label_y) >= 12
    assert all(TOP <= y <= BOTTOM for line in drawn.lines for _, y in line.dots)
