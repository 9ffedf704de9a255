"""Extra conditions as people read them."""

from __future__ import annotations

import pytest

from tests.factories.world import SPECIFICATION, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
CONDITION = """\
conditions:
  - key: not-far-behind
    dimension: need-is-seen
    holds_if: low["recall/poor-health"] >= 0.99 * estimate["recall/good-health"]
    why: Whoever is ill must not be far behind whoever is well.
"""


def test_a_condition_stands_in_the_specification_and_its_verdict_on_the_candidate(
    world: World, as_person: SignedIn
) -> None:
    world.ratify(SPECIFICATION.replace("tensions:", f"{CONDITION}tensions:", 1))
    candidate = world.open_candidate()
    auditor = as_person(world.people.auditor)
    assert "must not be far behind" in auditor.get("/systems/outreach/specification/").text
    page = auditor.get(f"/candidates/{candidate.pk}/").text
    assert "What else must hold" in page
    assert "is false of what was measured" in page
    assert candidate.revisions.get().report.verdict == "FAIL"
