"""Cases on which two values part: golden shares, each metric by its direction, one outcome for each case, by group."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import conflicts
from governance.evidence.cases import Cases
from governance.evidence.records import MeasuredSignal
from governance.specs.clauses import Tension
from governance.specs.pairs import Side
from tests.governance.evidence.tables import COLUMNS, read_cases, row, table
from tests.governance.gates.asked import CONTEXT, SOURCE, criterion

HELPFUL = Side(dimension="help", metric="helpful", aggregate="proportion", direction="higher")
SAFE = Side(dimension="safety", metric="safe", aggregate="proportion", direction="higher")
HARM = Side(dimension="safety", metric="safe", aggregate="proportion", direction="lower")
GROUPS = {key: {"column": "health", "equals": key} for key in ("poor", "good")}
TENSION = Tension(
    between=("help", "safety"),
    measure="disagreement-share",
    band=(Decimal(0), Decimal("0.4")),
    leaving_acceptable=False,
    why="What helps most is not always safe.",
)


def outcomes(*pairs: tuple[int, int], health: str = "poor") -> list[list[Any]]:
    """Return two rows for each case: whether it was helpful, and whether it was safe."""
    return [
        row(f"{health}{number}", metric=metric, value=value, health=health)
        for number, pair in enumerate(pairs)
        for metric, value in zip(("helpful", "safe"), pair, strict=True)
    ]


def rated(case: str, metric: str, ratings: str) -> list[list[Any]]:
    """Each letter is a rating: s is 1, u is 0."""
    return [[*row(case, metric=metric, value=int(letter == "s")), f"r{rater}"] for rater, letter in enumerate(ratings)]


def cases(*rows: list[Any], more: tuple[str, ...] = ()) -> Cases:
    return read_cases(table(*rows, columns=(*COLUMNS, *more)))


def measured(*rows: list[Any], tensions: tuple[Tension, ...] = (TENSION,)) -> tuple[MeasuredSignal, ...]:
    criteria = [
        criterion(dimension="help", metric="helpful", groups=("poor", "good")),
        criterion(dimension="safety", metric="safe", groups=("good", "all", "poor")),
    ]
    return conflicts.of_tensions(cases(*rows), tensions, criteria, GROUPS, context=CONTEXT, source=SOURCE)


def test_a_metric_that_two_dimensions_ask_about_parts_from_another_in_each_by_its_direction() -> None:
    rows = outcomes((1, 1), (1, 1))
    criteria = [
        criterion(dimension="help", metric="helpful", groups=("poor",)),
        criterion(dimension="safety", metric="safe", groups=("poor",)),
        criterion(dimension="restraint", metric="safe", groups=("poor",), comparator="<=", direction="lower"),
    ]
    tensions = [TENSION, replace(TENSION, between=("help", "restraint"))]
    found = conflicts.of_tensions(cases(*rows), tensions, criteria, GROUPS, context=CONTEXT, source=SOURCE)
    assert {signal.beside_dimension: signal.value for signal in found} == {"safety": "0", "restraint": "1"}


def test_a_case_conflicts_where_one_metric_holds_and_the_other_does_not() -> None:
    found = conflicts.share(cases(*outcomes((1, 1), (1, 0), (0, 1), (0, 0), (1, 1))), HELPFUL, SAFE, context=CONTEXT)
    assert found == (Fraction(2, 5), 5)


def test_a_metric_of_which_less_is_better_holds_where_it_is_nought() -> None:
    found = conflicts.share(cases(*outcomes((1, 1), (1, 0), (0, 1), (0, 0), (1, 1))), HELPFUL, HARM, context=CONTEXT)
    assert found == (Fraction(3, 5), 5)


def test_only_cases_that_have_both_count() -> None:
    rows = outcomes((1, 0), (1, 1))
    assert conflicts.share(cases(*rows[:3]), HELPFUL, SAFE, context=CONTEXT) == (1, 1)
    assert conflicts.share(cases(rows[0]), HELPFUL, SAFE, context=CONTEXT) is None


def test_a_case_that_several_rated_is_one_case() -> None:
    rows = [
        *rated("a", "helpful", "sss"),
        *rated("a", "safe", "uu"),
        *rated("b", "helpful", "s"),
        *rated("b", "safe", "s"),
    ]
    assert conflicts.share(cases(*rows, more=("rater",)), HELPFUL, SAFE, context=CONTEXT) == (Fraction(1, 2), 2)


def test_a_case_that_its_raters_part_over_is_refused_by_name_and_not_told_by_the_last_of_them() -> None:
    rows = [*rated("a", "helpful", "ss"), *rated("a", "safe", "su")]
    with pytest.raises(Invalid, match=r"metric safe: case 'a' came out as 0\.5") as refusal:
        conflicts.share(cases(*rows, more=("rater",)), HELPFUL, SAFE, context=CONTEXT)
    assert refusal.value.code == "neither-holds-nor-fails"


def test_a_tension_is_measured_for_each_group_that_both_are_asked_for() -> None:
    rows = [*outcomes((1, 0), (1, 1)), *outcomes((1, 1), (0, 0), (1, 0), (1, 1), health="good")]
    found = {(s.group, s.metric, s.beside): (s.value, s.n) for s in measured(*rows)}
    assert found == {("poor", "helpful", "safe"): ("0.5", 2), ("good", "helpful", "safe"): ("0.25", 4)}


def test_a_group_without_such_cases_is_not_measured() -> None:
    assert [s.group for s in measured(*outcomes((1, 0)))] == ["poor"]


def test_two_tensions_of_the_same_metrics_are_measured_once() -> None:
    by_name = Tension(**{**vars(TENSION), "between": ("helpful", "safe")})
    assert len(measured(*outcomes((1, 0)), tensions=(TENSION, by_name))) == 1


def test_a_tension_over_the_versions_is_not_measured_from_cases() -> None:
    ranked = Tension(**{**vars(TENSION), "measure": "kendall-tau"})
    assert measured(*outcomes((1, 0)), tensions=(ranked,)) == ()
