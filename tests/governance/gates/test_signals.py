from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence.records import MeasuredSignal
from governance.gates import signals
from tests.governance.gates.asked import CONTEXT, SOURCE, counted, criterion, judge, rule, specification

BOTH = (counted("poor", 70, 100), counted("good", 90, 100))


def measured_conflict(value: str, **changed: Any) -> MeasuredSignal:
    told: dict[str, Any] = {
        "signal": "conflicting-cases",
        "dimension": "need-is-seen",
        "metric": "recall",
        "context": CONTEXT,
        "value": value,
        "n": 40,
        "source": SOURCE,
    }
    return MeasuredSignal(**told | changed)


@pytest.mark.parametrize(("over", "verdict"), [("0.19", "NEEDS_DELIBERATION"), ("0.2", "PASS"), ("0.25", "PASS")])
def test_a_gap_counts_when_it_is_over_its_threshold(over: str, verdict: str) -> None:
    (found,) = signals.detect([criterion()], [rule(over=Decimal(over))], BOTH)
    assert (found.value, found.verdict) == (Decimal("0.2"), verdict)


def test_the_pooled_value_of_everybody_hides_no_gap() -> None:
    everybody = counted("all", 80, 100)
    (found,) = signals.detect([criterion(groups=("all", "poor", "good"))], [rule()], [everybody, *BOTH])
    assert found.value == Decimal("0.2")


def test_the_gap_is_from_the_lowest_group_to_the_highest_and_names_both() -> None:
    three = criterion(groups=("poor", "fair", "good"))
    (found,) = signals.detect([three], [rule()], [*BOTH, counted("fair", 80, 100)])
    assert (found.value, "differs by 0.2 from poor to good" in found.reason) == (Decimal("0.2"), True)


def test_of_several_aggregates_the_widest_gap_counts_and_each_is_measured_apart() -> None:
    means = [replace(o, aggregate="mean", successes=None, sd="0.1") for o in BOTH]
    wide = replace(means[0], estimate="0.1")
    (found,) = signals.detect([criterion(), criterion(aggregate="mean")], [rule()], [*BOTH, wide, means[1]])
    assert found.value == Decimal("0.8")
    narrow = replace(means[0], estimate="0.88")
    (found,) = signals.detect([criterion(), criterion(aggregate="mean")], [rule()], [*BOTH, narrow, means[1]])
    assert found.value == Decimal("0.2")


def test_an_aggregate_that_only_one_group_has_leaves_the_gap_unmeasured() -> None:
    alone = replace(BOTH[0], aggregate="mean", successes=None, sd="0.1")
    asked = [criterion(), criterion(aggregate="mean", groups=("poor",))]
    (found,) = signals.detect(asked, [rule()], [*BOTH, alone])
    assert found.reason == "The gap between groups was not evaluated: fewer than two groups are measured alike."


def test_everybody_is_no_group_that_another_could_differ_from() -> None:
    (found,) = signals.detect([criterion(groups=("all", "poor"))], [rule()], [counted("all", 80, 100), BOTH[0]])
    assert found.reason == "The gap between groups was not evaluated: fewer than two groups are measured alike."


def test_a_gap_with_a_missing_group_was_not_evaluated() -> None:
    (found,) = signals.detect([criterion()], [rule()], BOTH[:1])
    assert (found.value, found.verdict) == (None, "INSUFFICIENT")
    assert found.reason == "The gap between groups was not evaluated: no usable evidence for good."


def test_a_gap_between_fewer_than_two_groups_was_not_evaluated() -> None:
    (found,) = signals.detect([criterion(groups=("poor",))], [rule()], BOTH)
    assert found.verdict == "INSUFFICIENT"


def test_groups_without_a_gap_are_quiet() -> None:
    (found,) = signals.detect([criterion()], [rule()], [counted("poor", 9, 10), counted("good", 9, 10)])
    assert found.verdict == "PASS"


def test_a_rule_on_a_metric_that_this_context_does_not_judge_is_silent() -> None:
    assert signals.detect([criterion()], [rule(metric="precision")], BOTH) == ()


def test_a_signal_that_nobody_measured_is_never_quiet() -> None:
    asked = specification(criterion(), rules=[rule(signal="conflicting-cases", route="trade-off")])
    observed = (counted("poor", 990, 1000), counted("good", 990, 1000))
    assert judge(asked, *observed).verdict == "INSUFFICIENT"


@pytest.mark.parametrize(("value", "verdict"), [("0.1", "PASS"), ("0.3", "NEEDS_DELIBERATION")])
def test_a_measured_signal_is_judged_by_its_rule(value: str, verdict: str) -> None:
    asked = specification(criterion(), rules=[rule(signal="conflicting-cases", route="trade-off")])
    measured = measured_conflict(value)
    observed = (counted("poor", 990, 1000), counted("good", 990, 1000))
    report = judge(asked, *observed, measured_signals=[measured])
    assert report.verdict == verdict
    assert report.signals[0].route == "trade-off"


def test_metrics_that_rank_candidates_oppositely() -> None:
    first = dict(zip("abcd", map(Decimal, ("0.9", "0.8", "0.7", "0.6")), strict=True))
    second = dict(zip("abcd", map(Decimal, ("0.5", "0.6", "0.9", "0.8")), strict=True))
    assert signals.metric_conflict(first, second) == pytest.approx(-0.6667, abs=5e-5)
    assert signals.metric_conflict(first, {}) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"source": replace(SOURCE, subject="b" * 64)},
        {"source": replace(SOURCE, measured_at="2025-01-01T00:00:00Z")},
        {"context": "us/outreach/letter"},
        {"metric": "precision"},
    ],
)
def test_a_signal_of_another_model_time_context_or_metric_was_not_evaluated(changed: dict[str, Any]) -> None:
    asked = specification(criterion(), rules=[rule(signal="conflicting-cases", route="trade-off")])
    observed = (counted("poor", 990, 1000), counted("good", 990, 1000))
    measured = [measured_conflict("0.1", **changed)]
    report = judge(asked, *observed, measured_signals=measured, not_before="2026-02-01T00:00:00Z")
    assert report.signals[0].verdict == "INSUFFICIENT"
    assert "it needs cases that have both metrics of a tension" in report.signals[0].reason


@pytest.mark.parametrize("changed", [{"value": "NaN"}, {"value": "x"}, {"n": 0}])
def test_a_signal_that_says_nothing_is_refused(changed: dict[str, Any]) -> None:
    asked = specification(criterion(), rules=[rule(signal="conflicting-cases", route="trade-off")])
    with pytest.raises(Invalid, match="measured_signals"):
        judge(asked, *BOTH, measured_signals=[replace(measured_conflict("0.1"), **changed)])


def test_two_figures_for_one_signal_are_refused() -> None:
    asked = specification(criterion(), rules=[rule(signal="conflicting-cases", route="trade-off")])
    with pytest.raises(Invalid, match="a second conflicting-cases"):
        judge(asked, *BOTH, measured_signals=[measured_conflict("0.1"), measured_conflict("0.2")])
