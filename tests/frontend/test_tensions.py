"""Values in tension as people read them: on the candidate, beside each other, and over the interfaces."""

from __future__ import annotations

import pytest

from frontend import bands
from tests.api.asking import Asking
from tests.api.graphql.querying import found
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.governance.gates.test_enforced_tensions import judged, tension

VERSIONS = "/systems/outreach/versions/us/outreach/phone/"


def _read(world: World, as_person: SignedIn, path: str) -> str:
    return " ".join(as_person(world.people.auditor).get(path).text.split())


def test_the_whole_scale_is_drawn_with_the_band_on_it() -> None:
    drawn = bands.band("kendall-tau", ("-0.5", "1"))
    assert [tick.label for tick in drawn.ticks] == ["−1", "−0.5", "0", "0.5", "1"]
    assert drawn.start == bands.place("kendall-tau", "-0.5")
    assert drawn.start + drawn.width == bands.place("kendall-tau", "1") == 248
    assert bands.place("disagreement-share", "0") == 12


@pytest.mark.django_db
def test_a_candidate_says_what_a_tension_came_to_and_why_it_is_blocked(world: World, as_person: SignedIn) -> None:
    world.ratify(tension())
    report = judged(world, conflicting=30)
    page = _read(world, as_person, f"/candidates/{world.open_again(report.model_version).pk}/")
    assert "1 tension does not keep within the band." in page
    assert "Need is seen and left in peace" in page
    assert '0.30 <span class="text-nowrap">n=100</span> <strong>outside</strong>' in page
    assert "leaving it is not acceptable. Whoever calls more people disturbs more of them." in page
    assert "It lies 0.1 above its band: 10 fewer such cases." in page
    assert '<rect class="plot-band" x="12.0" y="4" width="47.2" height="20"/>' in page


@pytest.mark.django_db
def test_a_ranking_that_says_nothing_yet_reads_not_evaluated_and_blocks_nobody(
    world: World, as_person: SignedIn
) -> None:
    world.ratify(tension("kendall-tau", "[-0.5, 1]"))
    page = _read(world, as_person, f"/candidates/{world.open_again(judged(world).model_version).pk}/")
    assert '<span class="text-secondary">not evaluated</span>' in page
    assert "1 version(s) have evidence for both, and a ranking needs 3." in page
    assert "In signing" in page


@pytest.mark.django_db
def test_the_page_of_versions_shows_each_ones_share_against_the_band(world: World, as_person: SignedIn) -> None:
    world.ratify(tension())
    for number, conflicting in (("1", 10), ("2", 30)):
        judged(world, number, conflicting=conflicting)
    page = _read(world, as_person, VERSIONS)
    assert '0.10 <span class="text-nowrap">n=100</span> <strong>inside</strong>' in page
    assert '0.30 <span class="text-nowrap">n=100</span> <strong>outside</strong>' in page
    assert page.count('<rect class="plot-band"') == 2


@pytest.mark.django_db
def test_the_page_of_versions_shows_the_ranking_on_the_same_kind_of_axis(world: World, as_person: SignedIn) -> None:
    world.ratify(tension("kendall-tau", "[-0.5, 1]"))
    for number in (1, 2):
        judged(world, str(number), conflicting=10 * number, missed=12 - 3 * number)
    assert "A ranking needs 3 versions" in _read(world, as_person, VERSIONS)
    judged(world, "3", conflicting=30, missed=3)
    assert "−1" in _read(world, as_person, VERSIONS)
    assert '-1.00 <span class="text-nowrap">n=3</span> <strong>outside</strong>' in _read(world, as_person, VERSIONS)


@pytest.mark.django_db
def test_the_interfaces_give_shares_and_findings(world: World) -> None:
    world.ratify(tension())
    report = judged(world, conflicting=30)
    asking = Asking(world)
    [share] = asking.get("auditor", "systems/outreach/versions?context=us/outreach/phone").json()["shares"]
    assert share == {
        "version": "outreach-model 1",
        "first": "recall",
        "second": "peace",
        "group": "poor-health",
        "measure": "disagreement-share",
        "value": "0.3",
        "n": 100,
        "band": ["0", "0.2"],
        "outside": True,
        "verdict": "FAIL",
    }
    document = asking.get("auditor", f"gate-reports/{report.pk}").json()["document"]
    assert document["tensions"][0]["verdict"] == "FAIL"


@pytest.mark.django_db
def test_an_auditor_asks_what_the_tensions_behind_an_approval_came_to(world: World) -> None:
    world.ratify(tension())
    candidate = world.open_again(judged(world, conflicting=10).model_version)
    world.sign_all(candidate)
    approval = world.decide(candidate).approval
    query = """query Ask($id: ID!) { approval(id: $id) { decision { revision { report { tensions {
        between measure band leavingAcceptable verdict readings { first second group value n verdict wouldChange }
    } } } } } }"""
    data = found(Asking(world), "auditor", query, id=approval.pk)
    [shown] = data["approval"]["decision"]["revision"]["report"]["tensions"]
    [reading] = shown.pop("readings")
    assert shown == {
        "between": ["need-is-seen", "left-in-peace"],
        "measure": "disagreement-share",
        "band": ["0", "0.2"],
        "leavingAcceptable": False,
        "verdict": "PASS",
    }
    assert (reading["value"], reading["n"], reading["verdict"]) == ("0.1", 100, "PASS")
    assert reading["wouldChange"] == "It lies 0.1 from the nearer end of its band."
