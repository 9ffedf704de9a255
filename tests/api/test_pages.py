"""Lists of evidence and of gate reports come in pages, each row once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asking import Asking
from tests.factories.world import FAILING, PASSING, World

pytestmark = pytest.mark.django_db
MODEL = "models:/outreach-model/1"


def pages(asking: Asking, path: str, **query: str) -> list[list[dict[str, Any]]]:
    """Return the rows of each page of one row, following `next`."""
    page = asking.get("board", path, limit="1", **query).json()
    found = [page["results"]]
    while page["next"]:
        page = asking.as_("board").get(page["next"]).json()
        found.append(page["results"])
    return found


def test_the_evaluations_of_a_version_come_in_pages_newest_first(world: World, asking: Asking) -> None:
    world.ratify()
    version = world.judged(PASSING).model_version
    world.give_evidence(version, FAILING)
    found = pages(asking, "systems/outreach/evidence", model=MODEL)
    newest_first = version.evaluations.order_by("-pk").values_list("digest", flat=True)
    assert [[row["digest"] for row in rows] for rows in found] == [[digest] for digest in newest_first]
    assert len(found) == 2


def test_the_newest_gate_report_of_each_version_comes_in_pages_newest_first(world: World, asking: Asking) -> None:
    world.ratify()
    first = world.judged(FAILING).model_version
    world.judged(PASSING, number="2")
    world.give_evidence(first, PASSING)
    world.judge(first)
    found = pages(asking, "systems/outreach/gate-reports")
    assert [[row["model"] for row in rows] for rows in found] == [[MODEL], ["models:/outreach-model/2"]]
    assert found[0][0]["verdict"] == "PASS"
