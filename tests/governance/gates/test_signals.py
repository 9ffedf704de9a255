from __future__ import annotations

from decimal import Decimal

import pytest

from governance.evidence import ingest
from governance.gates import signals
from governance.gates.inputs import MeasuredSignal
from tests.governance.evidence.tables import row, table
from tests.governance.gates.asked import counted, criterion, judge, rule, specification

BOTH = (counted("poor", 70, 100), counted("good", 90, 100))


@pytest.mark.parametrize(("over", "verdict"), [("0.19", "NEEDS_DELIBERATION"), ("0.2", "PASS"), ("0.25", "PASS")])
def test_a_gap_counts_when_it_is_over_its_threshold(over: str, verdict: str) -> None:
    (found,) = signals.detect([criterion()], [rule(over=Decimal(over))], BOTH)
    assert (found.value, found.verdict) == (Decimal("0.2"), verdict)


def test_the_pooled_value_of_everybody_hides_no_gap() -> None:
    everybody = counted("all", 80, 100)
    (found,) = signals.detect([criterion(groups=("all", "poor", "good"))], [rule()], [everybody, *BOTH])
    assert found.value == Decimal("0.2")


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
    asked = specification(criterion(), rules=[rule(signal="value-conflict", route="trade-off")])
    observed = (counted("poor", 990, 1000), counted("good", 990, 1000))
    assert judge(asked, *observed).verdict == "INSUFFICIENT"


@pytest.mark.parametrize(("value", "verdict"), [("0.1", "PASS"), ("0.3", "NEEDS_DELIBERATION")])
def test_a_measured_signal_is_judged_by_its_rule(value: str, verdict: str) -> None:
    asked = specification(criterion(), rules=[rule(signal="value-conflict", route="trade-off")])
    measured = MeasuredSignal(
        signal="value-conflict", dimension="need-is-seen", metric="recall", value=Decimal(value), evidence="run-1"
    )
    observed = (counted("poor", 990, 1000), counted("good", 990, 1000))
    report = judge(asked, *observed, measured_signals=[measured])
    assert report.verdict == verdict
    assert report.signals[0].route == "trade-off"


def test_metrics_that_rank_candidates_oppositely() -> None:
    first = dict(zip("abcd", map(Decimal, ("0.9", "0.8", "0.7", "0.6")), strict=True))
    second = dict(zip("abcd", map(Decimal, ("0.5", "0.6", "0.9", "0.8")), strict=True))
    assert signals.metric_conflict(first, second) == pytest.approx(-0.6667, abs=5e-5)
    assert signals.metric_conflict(first, {}) is None


def test_the_share_of_cases_where_two_metrics_disagree() -> None:
    rows = [row("a"), row("a", metric="safe", value=0), row("b"), row("b", metric="safe"), row("c")]
    records = ingest.read_cases(table(*rows))
    assert signals.share_of_conflicting_cases(records, "recall", "safe") == 0.5
    assert signals.share_of_conflicting_cases(records, "recall", "loss") is None


def test_votes_over_options_have_an_entropy() -> None:
    assert signals.stakeholder_entropy("aaaaabbbbb", options="abc") == pytest.approx(0.6309, abs=5e-5)
    assert signals.stakeholder_entropy("", options="abc") is None


def test_the_worst_group_speaks_for_abstention() -> None:
    assert signals.abstention(BOTH, "recall") == Decimal("0.9")
    assert signals.abstention(BOTH, "abstained") is None
