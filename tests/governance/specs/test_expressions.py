"""Extra conditions in CEL: what is refused when they are written, and that no error is ever true."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.specs import diff, expressions, reading
from governance.specs.expressions import Measured, Unanswered
from tests.governance.specs.documents import TEXT

KNOWN = {"recall/poor-health", "recall/good-health"}
MEASURED = Measured(
    estimate=dict.fromkeys(KNOWN, 0.8), low=dict.fromkeys(KNOWN, 0.7), high=dict.fromkeys(KNOWN, 0.9), n={"x": 1}
)
HOLDS = 'low["recall/poor-health"] >= 0.8 * estimate["recall/good-health"]'
CONDITION = f"""\
conditions:
  - key: not-far-behind
    dimension: need-is-seen
    holds_if: {HOLDS}
    why: Whoever is ill must not be far behind whoever is well.
"""
ASKED = TEXT.replace("tensions:", f"{CONDITION}tensions:", 1)


def test_an_expression_is_true_or_false_of_what_was_measured() -> None:
    assert expressions.holds(HOLDS, MEASURED)
    assert not expressions.holds('high["recall/poor-health"] < 0.9', MEASURED)
    assert expressions.holds("low.all(k, low[k] > 0.5)", MEASURED)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ('low["recall/poor-health"', "At character 25: Syntax error"),
        ('low["recall/poor-health"] + "a" > 1', "found no matching overload"),
        ('n["recall/poor-health"] > 0.5', "found no matching overload"),
        ("weight > 1", "undeclared reference to 'weight'"),
        ("1 + 1", "It gives int, not true or false."),
        ('low["recall/rich"] > 0.5', "“recall/rich” is not measured for its dimension."),
        ("low['calls/poor-health'] > 0.5", "“calls/poor-health” is not measured"),
        ('low["recall/poor-health"] / 0.0 > 1.0', "It divides."),
        ("(" * 200 + "true" + ")" * 200, "recursion limit exceeded"),
        ("true" + " && true" * 200, "It has 1604 characters."),
    ],
)
def test_what_is_wrong_is_named_when_it_is_written(expression: str, what: str) -> None:
    assert any(what in found for found, _ in expressions.faults(expression, known=KNOWN))
    with pytest.raises(Unanswered):
        expressions.holds(expression, MEASURED)


def test_a_missing_group_and_too_many_steps_have_no_answer() -> None:
    with pytest.raises(Unanswered, match="not measured"):
        expressions.holds(HOLDS, Measured(estimate={"recall/poor-health": 0.8}))
    with pytest.raises(Unanswered, match="Key not found"):
        expressions.holds('n["recall/poor-health"] > 5', MEASURED)
    ten = "[0,1,2,3,4,5,6,7,8,9]"
    endless = "true"
    for name in "abcdef":
        endless = f"{ten}.all({name}, {endless})"
    with pytest.raises(Unanswered, match="Iteration budget exceeded"):
        expressions.holds(endless, MEASURED)


@given(st.text(alphabet='low[]"().><=&|!+-*0.5n?: allmapkey/\x00\n', max_size=60))
def test_whatever_is_written_is_true_false_or_unanswered(expression: str) -> None:
    with contextlib.suppress(Unanswered):
        assert expressions.holds(expression, Measured()) in (True, False)


def test_a_specification_names_the_place_of_a_wrong_condition() -> None:
    wrong = ASKED.replace("0.8 * estimate", "0.8 * estimates")
    with pytest.raises(Invalid) as refused:
        reading.read(wrong)
    (problem,) = refused.value.problems
    assert (problem.where, problem.line) == ("conditions[0].holds_if", wrong[: wrong.index("holds_if")].count("\n") + 1)
    elsewhere = ASKED.replace("    dimension: need-is-seen\n    holds_if", "    dimension: kindness\n    holds_if")
    with pytest.raises(Invalid, match="No dimension `kindness` has a criterion"):
        reading.read(elsewhere)
    with pytest.raises(Invalid, match="same entry stands here a second time"):
        reading.read(ASKED.replace("tensions:", CONDITION.partition("\n")[2] + "tensions:", 1))


def test_a_condition_that_comes_tightens_and_one_that_goes_or_changes_loosens() -> None:
    without, with_it = reading.read(TEXT), reading.read(ASKED)
    (came,) = diff.compare(without, with_it)
    (went,) = diff.compare(with_it, without)
    (changed,) = diff.compare(with_it, reading.read(ASKED.replace("0.8 *", "0.9 *")))
    (worded,) = diff.compare(with_it, reading.read(ASKED.replace("far behind whoever", "behind whoever")))
    assert [c.kind for c in (came, went, changed, worded)] == ["added", "removed", "loosened", "reworded"]
    assert came.path == "conditions.not-far-behind"
