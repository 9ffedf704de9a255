"""Why not, and what would change it: readable in the log of a pipeline that stopped at midnight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from api.cli import reasons
from tests.api.cli.site import Site
from tests.api.cli.test_check import MODEL, hashed_just_now
from tests.factories.world import FAILING, FEW, PHONE
from tests.governance.gates.test_enforced_tensions import judged, tension

GATE = ("--system", "outreach", "--context", PHONE)
NEXT = ("version: 1.0.0", "version: 1.1.0")
THREE = [f"models:/outreach-model/{number}" for number in (1, 2, 3)]


def cell_of_poor_health(running: Site) -> dict[str, Any]:
    """Return what the report in JSON says of the group that is worst off."""
    document = json.loads(running.edgewise("gate", MODEL, *GATE, "--json").out)["document"]
    cells = [cell for criterion in document["criteria"] for cell in criterion["cells"]]
    return next(cell for cell in cells if cell["group"] == "poor-health")


def test_the_gate_prints_for_each_failing_cell_how_far_it_is(running: Site) -> None:
    running.world.judged(FAILING)
    found = running.edgewise("gate", MODEL, *GATE)
    assert "  - Tier 0, Need is seen, poor-health: FAIL. Even the upper bound" in found.out
    away = cell_of_poor_health(running)["would_change"]
    assert away.startswith("The upper bound lies 0.")
    assert f"    To change it: {away}" in found.out.splitlines()


def test_the_gate_prints_for_each_insufficient_cell_how_many_more_cases_it_takes(running: Site) -> None:
    running.world.judged(FEW)
    found = running.edgewise("gate", MODEL, *GATE)
    cell = cell_of_poor_health(running)
    assert (cell["more_cases"] or 0) > 0
    assert f"    To change it: About {cell['more_cases']} more cases would settle it" in found.out


def test_a_failing_tension_names_the_versions_that_it_compares_at_the_gate_and_at_the_check(
    running: Site, tmp_path: Path
) -> None:
    running.world.ratify(tension("kendall-tau", "[-0.5, 1]").replace(*NEXT))
    for number in (1, 2, 3):
        judged(running.world, str(number), conflicting=10 * number, missed=12 - 3 * number)
    told = running.edgewise("gate", THREE[-1], *GATE)
    assert f"    Versions compared: {', '.join(THREE)}." in told.out
    assert "    To change it: It lies 0.5 outside its band" in told.out
    hashed_just_now()
    junit = tmp_path / "junit.xml"
    checked = running.edgewise("check", THREE[-1], "--context", PHONE, "--junit", str(junit))
    assert (checked.code, f"Versions compared: {', '.join(THREE)}." in checked.out) == (1, True), checked.out
    assert any(", ".join(THREE) in str(found.text) for found in ElementTree.parse(junit).findall(".//failure"))


def test_the_check_says_what_would_change_each_verdict_in_text_and_json(running: Site) -> None:
    running.world.judged(FAILING)
    hashed_just_now()
    asked = ("check", MODEL, "--context", PHONE)
    away = cell_of_poor_health(running)["would_change"]
    assert f"    To change it: {away}" in running.edgewise(*asked).out.splitlines()
    rows = json.loads(running.edgewise(*asked, "--json").out)["unmet"]
    assert away in [row["would_change"] for row in rows if row["key"] == "gate"]


def test_no_line_is_wider_than_a_log_shows_and_no_name_is_cut() -> None:
    name = "models:/" + "long-name/" * 20
    lines = reasons.told("It is so. " * 40, would_change="Give more of it. " * 20, versions=(name, "models:/b/1"))
    assert [line for line in lines if len(line) > reasons.WIDTH] == [f"    {name},"]
    assert all(line.startswith(("  - ", "    ")) for line in lines)
