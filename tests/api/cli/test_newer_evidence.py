"""A check never repeats what an older report said as if it were about what is there now."""

from __future__ import annotations

import json
from typing import Any

from governance.gates.wording import moment
from tests.api.cli.site import Site
from tests.api.cli.test_check import MODEL, hashed_just_now
from tests.factories.world import FAILING, PASSING, PHONE, SPECIFICATION

COMMAND = f"edgewise gate {MODEL} --system outreach --context {PHONE}"
CHECK = ("check", MODEL, "--context", PHONE)


def answer(running: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.edgewise(*CHECK, "--json").out)
    return found


def test_a_check_says_since_when_there_is_newer_evidence_and_how_to_have_it_judged(running: Site) -> None:
    report = running.world.judged(FAILING)
    hashed_just_now()
    assert answer(running)["newer_evidence"] is None
    read = running.world.give_evidence(report.model_version, PASSING)
    found = running.edgewise(*CHECK)
    assert found.code == 1
    assert f"read since {moment(read.read_at)}" in " ".join(found.out.split())
    assert f"report is of {moment(report.judged_at)}" in " ".join(found.out.split())
    assert f"      {COMMAND}" in found.out.splitlines()
    said = answer(running)
    assert said["newer_evidence"] == {"since": read.read_at.isoformat(), "runs": [read.run_id]}
    (row,) = [row for row in said["unmet"] if row["key"] == "current"]
    assert (read.run_id in row["sentence"], row["would_change"].endswith(COMMAND)) == (True, True)
    older = [row["sentence"] for row in said["unmet"] if row["key"] == "gate"]
    assert older
    assert all(sentence.startswith(f"By the report of {moment(report.judged_at)}: ") for sentence in older)


def test_what_the_command_judges_is_what_the_check_says_from_then_on(running: Site) -> None:
    report = running.world.judged(FAILING)
    hashed_just_now()
    running.world.give_evidence(report.model_version, PASSING)
    assert running.edgewise(*COMMAND.split()[1:]).code == 0
    said = answer(running)
    assert (said["newer_evidence"], {row["key"] for row in said["unmet"]}) == (None, {"approval"})


def test_newer_evidence_is_told_where_the_older_report_passed_as_well(running: Site) -> None:
    report = running.world.judged(PASSING)
    hashed_just_now()
    running.world.give_evidence(report.model_version, FAILING)
    said = answer(running)
    assert (said["allowed"], {row["key"] for row in said["unmet"]}) == (False, {"approval", "current"})


def test_a_report_under_an_earlier_specification_is_told_as_such(running: Site) -> None:
    report = running.world.judged(FAILING)
    hashed_just_now()
    running.world.ratify(SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("min_n: 50", "min_n: 60"))
    running.world.give_evidence(report.model_version, PASSING)
    (row,) = [row for row in answer(running)["unmet"] if row["key"] == "current"]
    assert "Specification 1.1.0 is in force since" in row["sentence"]
    assert row["would_change"].endswith(COMMAND)


def test_an_open_candidate_says_it_once(running: Site) -> None:
    candidate = running.world.open_candidate()
    hashed_just_now()
    read = running.world.give_evidence(candidate.model_version, FAILING)
    said = answer(running)
    assert [row["key"] for row in said["unmet"]].count("current") == 1
    assert said["newer_evidence"]["runs"] == [read.run_id]
    shown = json.loads(running.edgewise("candidate", "show", str(candidate.pk), "--json").out)
    (current,) = [row for row in shown["requirements"] if row["key"] == "current"]
    assert f"read since {moment(read.read_at)}" in current["sentence"]
    assert COMMAND in current["sentence"]


def test_a_report_that_is_read_over_rest_says_what_it_does_not_know(running: Site) -> None:
    from api.client import Client

    report = running.world.judged(FAILING)
    with Client(running.url, running.token("auditor")) as client:
        assert client.get(f"gate-reports/{report.pk}")["newer_evidence"] is None
        read = running.world.give_evidence(report.model_version, PASSING)
        assert client.get(f"gate-reports/{report.pk}")["newer_evidence"]["runs"] == [read.run_id]
