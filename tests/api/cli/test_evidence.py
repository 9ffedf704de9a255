"""`edgewise evidence --file`: a file with its mapping, and what is wrong with it in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.cli.site import Site
from tests.factories import evidence as tables
from tests.factories.world import PASSING

MODEL = "models:/outreach-model/1"
MAPPING = "{case_id: id, values: {recall: right}, context_is: '*', attributes: {health: health, limited: limited}}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Cases under other names than ours, and the mapping beside them."""
    rows = tables.cases(PASSING)
    lines = [
        {"id": case, "right": value, "health": health, "limited": limited}
        for case, _, value, _, health, limited in rows
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    return tmp_path / "cases.jsonl"


def test_a_file_is_brought_in_with_its_mapping(running: Site, file: Path) -> None:
    running.world.register()
    command = ["evidence", MODEL, "--system", "outreach", "--file", str(file)]
    timed = [*command, "--mapping", str(file.with_name("mapping.yaml")), "--evaluated-at", "2026-01-31T12:00:00Z"]
    ran = running.edgewise(*timed)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("file cases.jsonl: 500 cases, digest ")
    assert "poor-health" in ran.out
    bare = running.edgewise(*command)
    assert bare.code == 1
    assert "the table has 'id', 'right', 'health', 'limited'. Say in a mapping which column is which" in bare.err
    timeless = running.edgewise(*timed[:-2])
    assert "evaluated_at: nothing says when the evaluation began" in timeless.err


def test_whoever_saw_the_verdict_brings_the_same_cases_in_no_other_way(running: Site, file: Path) -> None:
    running.world.register()
    declared = file.with_name("mapping.yaml")
    command = ["evidence", MODEL, "--system", "outreach", "--evaluated-at", "2026-01-31T12:00:00Z"]
    first = running.edgewise(*command, "--file", str(file), "--mapping", str(declared))
    assert first.code == 0, first.err
    lines = file.read_text().splitlines()
    other = file.with_name("other.jsonl")
    other.write_text("\n".join(reversed(lines)))
    chosen = file.with_name("chosen.yaml")
    chosen.write_text(MAPPING.replace("}}", "}, where: {limited: 'no'}}"))
    ran = running.edgewise(*command, "--file", str(other), "--mapping", str(chosen))
    assert ran.code == 1
    assert "read the same cases with the same values, and left 0 values out; this one leaves 100 out" in ran.err
    other.write_text("\n".join(lines[8:]))
    ran = running.edgewise(*command, "--file", str(other), "--mapping", str(declared))
    assert ran.code == 0, ran.err
    assert "Note: 8 of the 500 cases that evaluation file:" in ran.out


def test_what_counts_for_nothing_is_told(running: Site, file: Path) -> None:
    running.world.register()
    declared = file.with_name("mapping.yaml")
    declared.write_text(MAPPING.replace("recall: right", "recall: right, recal: right"))
    timed = ["--mapping", str(declared), "--evaluated-at", "2026-01-31T12:00:00Z"]
    ran = running.edgewise("evidence", MODEL, "--system", "outreach", "--file", str(file), *timed)
    assert ran.code == 0, ran.err
    assert "Note: 500 rows record 'recal', about which no criterion asks. Did you mean 'recall'?" in ran.out


def test_a_level_that_is_none_and_a_time_without_offset_are_refused_at_the_terminal(running: Site, file: Path) -> None:
    running.world.register()
    command = ["evidence", MODEL, "--system", "outreach", "--file", str(file), "--evaluated-at"]
    naive = running.edgewise(*command, "2026-01-31T12:00:00")
    assert (naive.code, "Write 2026-01-31T12:00:00Z if it is UTC" in naive.err) == (1, True), naive.err
    unknown = running.edgewise(*command, "2026-01-31T12:00:00Z", "--level", "respnse")
    known = "Did you mean `response`? Known: deployment, interaction, model, response."
    assert (unknown.code, known in unknown.err) == (1, True), unknown.err
