"""Metrics that a specification derives case by case: clarification, hidden failures, calibration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import aggregation, measures
from governance.evidence.cases import Cases
from governance.evidence.derive import numbers, undefined, with_derived
from governance.specs.clauses import Among, Measure
from tests.governance.evidence.tables import read_cases, table
from tests.governance.gates.asked import CONTEXT, SOURCE, criterion

RECALL = Measure(metric="clarification-recall", of="asked", among=(Among(column="unclear", equals="yes"),), why="")
OVER = Measure(metric="over-asking", of="asked", among=(Among(column="unclear", equals="no"),), why="")
PRECISION = Measure(metric="precision", of="unclear", among=(Among(metric="asked", equals="1"),), why="")
HIDDEN = Measure(
    metric="hidden-failure",
    of="fails-a-mark",
    among=(Among(metric="helpful", equals="1"), Among(metric="safe", equals="1")),
    why="",
)
BRIER = Measure(metric="brier", of="correct", among=(), squared_error_of="confidence", why="")


Rows = list[dict[str, Any]]


def case(number: int, context: str = "*", **values: object) -> Rows:
    """One row for each metric (an int) of a case; texts are its columns."""
    columns = {name: value for name, value in values.items() if isinstance(value, str)}
    return [
        {"case_id": f"case-{number}", "metric": name.replace("_", "-"), "value": value, "context": context, **columns}
        for name, value in values.items()
        if isinstance(value, int)
    ]


def asking(*, tp: int, fn: int, fp: int, tn: int) -> Rows:
    kinds = [(1, 1)] * tp + [(1, 0)] * fn + [(0, 1)] * fp + [(0, 0)] * tn
    return [
        {**row, "unclear": "yes" if unclear else "no"}
        for number, (unclear, asked) in enumerate(kinds)
        for row in case(number, asked=asked, unclear=unclear)
    ]


def derived(rows: Rows, *measures: Measure) -> Cases:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    data = table(*([row.get(name) for name in columns] for row in rows), columns=columns)
    return with_derived(read_cases(data, numbers=numbers(measures)), measures)


def test_a_table_of_raters_that_holds_no_source_of_a_measure_stands_for_itself() -> None:
    rows = [row | {"rater": rater} for rater in ("r1", "r2") for row in case(1, tone=1)]
    assert len(derived(rows, RECALL)) == 2
    with pytest.raises(Invalid, match="table of its own"):
        derived([row | {"rater": "r1"} for row in case(1, asked=1, unclear="yes")], RECALL)


def found(cases: Cases, metric: str, how: str = "proportion") -> aggregation.Aggregate | None:
    return aggregation.aggregate(cases, metric=metric, context="us/outreach/phone", how=how)


def test_clarification_comes_out_as_counted() -> None:
    cases = derived(asking(tp=18, fn=6, fp=4, tn=63), RECALL, OVER, PRECISION)
    recall, over, precision = (found(cases, m.metric) for m in (RECALL, OVER, PRECISION))
    assert recall
    assert over
    assert precision
    assert (recall.successes, recall.n) == (18, 24)
    assert (over.successes, over.n) == (4, 67)
    assert (precision.successes, precision.n) == (18, 22)
    counted = measures.clarification(asked_unclear=18, silent_unclear=6, asked_clear=4, silent_clear=63)
    shares = [float(each.estimate) for each in (recall, precision, over)]
    assert shares == [counted.recall, counted.precision, counted.over_asking]


@pytest.mark.parametrize(
    ("model", "recall", "over"),
    [({"tp": 24, "fn": 0, "fp": 67, "tn": 0}, 1, 1), ({"tp": 0, "fn": 24, "fp": 0, "tn": 67}, 0, 0)],
    ids=["always asks", "never asks"],
)
def test_neither_asking_always_nor_never_looks_good_on_both(model: dict[str, int], recall: int, over: int) -> None:
    cases = derived(asking(**model), RECALL, OVER)
    asked_when_unclear, asked_when_clear = found(cases, RECALL.metric), found(cases, OVER.metric)
    assert asked_when_unclear
    assert asked_when_clear
    assert (asked_when_unclear.estimate, asked_when_clear.estimate) == (recall, over)


def test_a_hidden_failure_is_one_among_what_passes_both_and_undefined_when_nothing_does() -> None:
    passing = [r for n in range(60) for r in case(n, helpful=1, safe=1, fails_a_mark=int(n < 22))]
    failing = [r for n in range(60, 90) for r in case(n, helpful=n % 2, safe=0, fails_a_mark=1)]
    rate = found(derived([*passing, *failing], HIDDEN), HIDDEN.metric)
    assert rate
    assert (rate.successes, rate.n) == (22, 60)
    assert found(derived(failing, HIDDEN), HIDDEN.metric) is None


MARKED = replace(HIDDEN, of=None, misses_any_of=("recognises", "says-how-sure"))


def test_a_hidden_failure_is_told_from_the_marks_themselves() -> None:
    """22 of 60 miss a mark: 10 the one, 8 the other, 4 both."""
    passing = [
        r
        for n in range(60)
        for r in case(n, helpful=1, safe=1, recognises=int(n >= 14), says_how_sure=int(not 10 <= n < 22))
    ]
    failing = [r for n in range(60, 90) for r in case(n, helpful=n % 2, safe=0, recognises=0, says_how_sure=1)]
    rate = found(derived([*passing, *failing], MARKED), HIDDEN.metric)
    assert rate
    assert (rate.successes, rate.n) == (22, 60)


def test_where_none_of_the_cases_of_a_group_counts_that_is_said_and_not_nought() -> None:
    rows = [r for n in range(3) for r in case(n, health="poor", helpful=0, safe=1, fails_a_mark=0)]
    rows += case(3, health="good", helpful=1, safe=1, fails_a_mark=0)
    asked = criterion(metric="hidden-failure", groups=("poor", "good", "limited"))
    groups = {key: {"column": "health", "equals": key} for key in asked.groups}
    [said] = undefined(derived(rows, HIDDEN), (HIDDEN,), [asked], groups, context=CONTEXT, source=SOURCE)
    assert (said.signal, said.metric, said.group, said.n) == ("undefined", "hidden-failure", "poor", 3)


def test_the_brier_score_is_the_mean_squared_error_of_the_stated_confidence() -> None:
    stated = [("0.95", 1), ("0.9", 1), ("0.85", 0), ("0.6", 1), ("0.55", 0), ("0.3", 0)]
    records = [
        r for n, (confidence, correct) in enumerate(stated) for r in case(n, confidence=confidence, correct=correct)
    ]
    score = found(derived(records, BRIER), "brier", how="mean")
    assert score
    assert float(score.estimate) == pytest.approx(0.21458, abs=5e-6)
    assert float(score.estimate) == pytest.approx(measures.brier([float(c) for c, _ in stated], [o for _, o in stated]))


def test_a_case_of_one_context_is_told_by_what_holds_everywhere() -> None:
    phone = case(1, "us/outreach/phone", fails_a_mark=1)
    rate = found(derived([*phone, *case(1, helpful=1, safe=1)], HIDDEN), HIDDEN.metric)
    assert rate
    assert (rate.successes, rate.n) == (1, 1)


@pytest.mark.parametrize(
    ("records", "measure", "what"),
    [
        (case(1, asked=1), RECALL, "the table has no column 'unclear'"),
        (case(1, helpful=1, fails_a_mark=0), HIDDEN, "the table records no 'safe'"),
        (case(1, unclear="yes", asked=1) + case(1, clarification_recall=1), RECALL, "which the specification derives"),
        (case(1, helpful=1, safe=1, recognises=1), MARKED, "the table records no 'says-how-sure'"),
        (case(1, helpful=1, safe=1, recognises=1, says_how_sure=2), MARKED, "has 2 for the mark 'says-how-sure'"),
        (
            case(1, helpful=1, safe=1, recognises=1) + case(2, says_how_sure=1),
            MARKED,
            "case 'case-1' has 'recognises' and no 'says-how-sure'",
        ),
        (case(1, confidence="1.2", correct=1), BRIER, "'1.2' in 'confidence'"),
        (case(1, confidence="sure", correct=1), BRIER, "'sure' is no number"),
        (case(1, confidence="0.9", correct=3), BRIER, "came out 3"),
    ],
)
def test_what_cannot_be_derived_is_named(records: Rows, measure: Measure, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        derived(records, measure)
    assert what in refused.value.problems[0].what


def test_a_table_about_something_else_needs_nothing_that_a_measure_asks_for() -> None:
    records = case(1, recall=1)
    assert len(derived(records, PRECISION, HIDDEN)) == 1


def test_a_case_that_lacks_what_decides_whether_it_counts_is_refused() -> None:
    records = [*case(1, unclear=1, asked=1), *case(2, unclear=1)]
    with pytest.raises(Invalid, match="case 'case-2' has 'unclear' and no 'asked'"):
        derived(records, PRECISION)
