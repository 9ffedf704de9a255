from __future__ import annotations

from dataclasses import replace

import pytest

from governance.evidence.records import ObservationData
from governance.gates import comparison
from governance.gates.comparison import Comparison
from tests.governance.gates.asked import SOURCE, counted, criterion, judge

OLD = replace(SOURCE, subject="b" * 64, evidence="run-0")


def compared(old: tuple[int, int], new: tuple[int, int], *, direction: str = "higher") -> Comparison:
    asked = criterion(direction=direction, comparator=">=" if direction == "higher" else "<=")
    incumbent = [counted(group, n, 1000, source=OLD) for group, n in zip(("poor", "good"), old, strict=True)]
    candidate = [counted(group, n, 1000) for group, n in zip(("poor", "good"), new, strict=True)]
    found = judge([asked], *candidate, incumbent=incumbent).comparison
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("new", "relation"),
    [
        ((850, 805), comparison.DOMINATES),
        ((810, 790), comparison.EQUAL),
        ((850, 750), comparison.INCOMPARABLE),
        ((800, 750), comparison.DOMINATED),
    ],
)
def test_the_candidate_against_the_incumbent(new: tuple[int, int], relation: str) -> None:
    assert compared((800, 800), new).relation == relation


def test_lower_is_better_where_the_dimension_says_so() -> None:
    assert compared((800, 800), (700, 700), direction="lower").relation == comparison.DOMINATES


def test_each_regression_is_named_per_group() -> None:
    changes = compared((800, 800), (850, 750)).changes
    assert [(change.group, change.outcome) for change in changes] == [("poor", "better"), ("good", "worse")]


@pytest.mark.parametrize("incumbent", [[], [counted("poor", 1, 2, source=OLD)]])
def test_what_was_not_evaluated_is_said(incumbent: list[ObservationData]) -> None:
    found = judge([criterion()], counted("poor", 800, 1000), incumbent=incumbent).comparison
    assert found is not None
    assert found.relation == comparison.NOT_EVALUATED


def test_evidence_of_another_model_does_not_stand_for_the_candidate() -> None:
    found = judge([criterion()], counted("poor", 9, 10, source=OLD), incumbent=[counted("poor", 9, 10, source=OLD)])
    assert found.comparison is not None
    assert {change.outcome for change in found.comparison.changes} == {"not evaluated"}


def test_what_was_given_up_is_each_loss_and_no_gain() -> None:
    incumbent = [counted(group, 800, 1000, source=OLD) for group in ("poor", "good")]
    new = (counted("poor", 850, 1000), counted("good", 750, 1000))
    found = comparison.trade_offs(judge([criterion()], *new, incumbent=incumbent).document())
    loss = {"dimension": "need-is-seen", "metric": "recall", "group": "good", "incumbent": "0.8", "candidate": "0.75"}
    assert found == {"sha256": "b" * 64, "relation": "incomparable", "losses": [loss]}
    unknown = comparison.trade_offs(judge([criterion()], *new, incumbent=[]).document())
    assert unknown == {"sha256": "", "relation": "not evaluated", "losses": []}
    assert comparison.trade_offs(judge([criterion()], *new).document()) is None


def test_without_an_incumbent_there_is_nothing_to_compare() -> None:
    assert judge([criterion()]).comparison is None
