"""Tracing the lineage by REST."""

from __future__ import annotations

import pytest

from lineage.models import Run
from tests.api.asking import Asking
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db
MODEL = "models:/outreach-model/1"


@pytest.fixture
def traced(world: World) -> World:
    for number in "12":
        version = world.mirror(number)
        mirror.trained_on(version, name=f"visits-{number}", digest=f"abc{number}")
    Run.objects.update(git_commit="c0ffee1234")
    return world


def labels(answer: dict) -> set[str]:
    return {node["label"] for node in answer["nodes"]}


def test_up_and_down_and_what_rests_on_it(traced: World, asking: Asking) -> None:
    up = asking.get("auditor", "lineage/upstream", of=MODEL).json()
    assert labels(up) == {MODEL, "m-1", "train-1", "visits-1"}
    assert all(edge["asserted"] for edge in up["edges"] if edge["kind"] == "used")
    down = asking.get("auditor", "lineage/downstream", of="dataset:visits-1").json()
    assert labels(down) == labels(up)
    rests = asking.get("auditor", "lineage/impact", of="commit:c0ffee1").json()
    assert [row["model"] for row in rests["versions"]] == [MODEL, "models:/outreach-model/2"]
    assert rests["approvals"] == []


def test_the_ways_and_what_is_shared(traced: World, asking: Asking) -> None:
    found = asking.get("auditor", "lineage/paths", of="visits-1", to=MODEL).json()
    assert [[one.rsplit("-", 1)[0] for one in way] for way in found["ways"]] == [["dataset", "run", "version"]]
    shared = asking.get("auditor", "lineage/common-ancestors", of=MODEL, to="models:/outreach-model/2").json()
    assert (shared["nodes"], shared["nearest"]) == ([], [])


def test_the_links_of_a_version_each_with_its_state(traced: World, asking: Asking) -> None:
    found = asking.get("auditor", "systems/outreach/lineage/links", model=MODEL).json()
    states = {row["link"]: row["state"] for row in found["links"]}
    assert (states["Files"], states["Training data"], states["Evaluations"]) == ("observed", "asserted", "missing")


def test_who_may_see_nothing_finds_nothing_and_a_time_before_everything_knows_nothing(
    traced: World, asking: Asking
) -> None:
    assert asking.get("outsider", "lineage/impact", of=MODEL).status_code == 404
    assert asking.get("auditor", "lineage/impact", of=MODEL, as_of="2001-01-01T00:00:00Z").status_code == 404
    assert asking.get("auditor", "lineage/impact", of=MODEL, as_of="yesterday").status_code == 422
