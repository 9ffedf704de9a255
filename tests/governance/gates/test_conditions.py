"""Extra conditions in the gate: false fails, no answer is INSUFFICIENT, and only their own dimension is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.gates import engine
from governance.gates.report import GateReport
from governance.specs.effective import EffectiveCondition
from tests.governance.gates.asked import counted, criterion, judge, specification

NEAR = 'low["recall/poor"] >= 0.8 * estimate["recall/good"]'


def asked(holds_if: str = NEAR, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "key": "not-far-behind",
        "dimension": "need-is-seen",
        "dimension_name": "Need is seen",
        "tier": 0,
        "holds_if": holds_if,
        "why": "Nobody is left far behind.",
    }
    return replace(
        specification(criterion(groups=("poor", "good"), min_n=50)),
        conditions=(EffectiveCondition(**(given | changes)),),
    )


def found(report: GateReport) -> dict[str, Any]:
    (condition,) = report.document()["conditions"]
    return dict(condition)


def test_a_condition_that_holds_changes_nothing() -> None:
    report = judge(asked(), counted("poor", 95, 100), counted("good", 95, 100))
    assert (report.verdict, found(report)["verdict"], report.reasons) == ("PASS", "PASS", ())


def test_one_that_does_not_hold_fails_although_every_criterion_passes() -> None:
    report = judge(asked(NEAR.replace("0.8", "0.99")), counted("poor", 90, 100), counted("good", 99, 100))
    assert {j.verdict for j in report.judged} == {"PASS"}
    assert report.verdict == "FAIL"
    assert report.tiers == ((0, "FAIL"),)
    assert report.reasons[0].startswith("Tier 0, Need is seen, condition not-far-behind: FAIL. low")


@pytest.mark.parametrize("missing", ["poor", "good"])
def test_without_what_it_names_there_is_no_answer_and_no_pass(missing: str) -> None:
    report = judge(asked(), counted("good" if missing == "poor" else "poor", 95, 100))
    assert found(report)["verdict"] == "INSUFFICIENT"
    assert "not measured" in found(report)["reason"]


def test_fewer_cases_than_the_criterion_asks_for_say_nothing() -> None:
    report = judge(asked(), counted("poor", 40, 40), counted("good", 95, 100))
    assert found(report)["verdict"] == "INSUFFICIENT"


def test_as_many_cases_as_the_criterion_asks_for_say_something() -> None:
    report = judge(asked(), counted("poor", 50, 50), counted("good", 50, 50))
    assert found(report)["reason"] == f"{NEAR} is true of what was measured."
    report = judge(asked(NEAR.replace("0.8", "2.0")), counted("poor", 50, 50), counted("good", 50, 50))
    assert found(report)["reason"].endswith("is false of what was measured.")


def test_what_nobody_measured_of_another_dimension_is_no_gap_in_this_one() -> None:
    given = asked("low.all(k, low[k] >= 0.6)")
    both = replace(given, criteria=(*given.criteria, criterion(dimension="calls-not-wasted", metric="wasted", tier=1)))
    report = judge(both, counted("poor", 95, 100), counted("good", 95, 100))
    assert found(report)["verdict"] == "PASS"


def test_it_sees_no_other_dimension() -> None:
    other = asked(NEAR, dimension="calls-not-wasted", dimension_name="Calls", tier=1)
    report = judge(other, counted("poor", 95, 100), counted("good", 95, 100))
    assert found(report)["verdict"] == "INSUFFICIENT"


@pytest.mark.parametrize(
    "holds_if", ["n == n", "estimate == low || true", "!has(estimate.m)", "type(low) == type(high)"]
)
def test_what_names_no_group_asks_about_all_and_passes_on_nothing(holds_if: str) -> None:
    assert found(judge(asked(holds_if)))["verdict"] == "INSUFFICIENT"
    elsewhere = asked(holds_if, dimension="calls-not-wasted", dimension_name="Calls", tier=1)
    assert found(judge(elsewhere, counted("poor", 95, 100), counted("good", 95, 100)))["verdict"] == "INSUFFICIENT"


@pytest.mark.parametrize(
    "holds_if", ["0.0 < 1.0", "1 + 1", "true ||", 'estimate["recall/poor"] / 0.0 > 1.0', "x" * 2000]
)
def test_a_report_that_was_written_with_another_expression_never_passes(holds_if: str) -> None:
    report = judge(asked(), counted("poor", 95, 100), counted("good", 95, 100)).document()
    report["inputs"]["specification"]["conditions"][0]["holds_if"] = holds_if
    assert engine.judge_document(report["inputs"])["verdict"] == "INSUFFICIENT"


def test_a_report_with_conditions_replays() -> None:
    report = judge(asked(), counted("poor", 95, 100), counted("good", 95, 100)).document()
    assert engine.judge_document(report["inputs"]) == report
    assert engine.differences(report) == ()


@pytest.mark.parametrize("holds_if", ["low.all(k, low[k] >= 0.6)", "size(low) == 2", '"recall/poor" in low'])
def test_what_asks_about_every_group_has_no_answer_while_one_is_missing(holds_if: str) -> None:
    whole = judge(asked(holds_if), counted("poor", 95, 100), counted("good", 95, 100))
    assert found(whole)["verdict"] == "PASS"
    for observations in ((), (counted("good", 95, 100),)):
        report = judge(asked(holds_if), *observations)
        assert found(report)["verdict"] == "INSUFFICIENT"
        assert "was not measured" in found(report)["reason"]
