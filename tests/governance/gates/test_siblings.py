"""Versions beside each other: dominance, the front and tensions, by the numbers of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gates import siblings
from governance.gates.siblings import Siblings
from governance.specs.clauses import Tension

TENSION = Tension(
    between=("helpful", "harmless"),
    measure="kendall-tau",
    band=(Decimal("-0.5"), Decimal(1)),
    leaving_acceptable=False,
    why="Who answers more, harms more.",
)


def report(scores: Mapping[str, str | None], *, group: str = "all", lower: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "verdict": "PASS",
        "tensions": [],
        "criteria": [
            {
                "tier": 0,
                "dimension": name,
                "metric": name,
                "aggregate": "mean",
                "direction": "lower" if name in lower else "higher",
                "cells": [{"group": group, "estimate": score, "verdict": "PASS"}],
            }
            for name, score in scores.items()
        ],
    }


def compared(**versions: tuple[str, ...]) -> Siblings:
    return siblings.compare(
        {name: report(dict(zip(("helpful", "harmless"), v, strict=True))) for name, v in versions.items()}, [TENSION]
    )


def test_the_front_of_the_example_is_a_b_and_c() -> None:
    found = compared(a=("1", "0"), b=("0", "1"), c=("0.4", "0.4"), d=("0.3", "0.3"))
    assert {s.name: s.dominated_by for s in found.siblings} == {"a": (), "b": (), "c": (), "d": ("c",)}
    assert [s.name for s in found.siblings if s.on_the_front] == ["a", "b", "c"]


def test_a_version_with_a_hole_is_neither_better_nor_worse() -> None:
    found = siblings.compare(
        {"a": report({"helpful": "1", "harmless": "1"}), "b": report({"helpful": "0.5", "harmless": None})}
    )
    whole, holed = found.siblings
    assert (whole.on_the_front, holed.on_the_front) == (True, False)
    assert ([axis.metric for axis in holed.lacks], holed.dominated_by) == (["harmless"], ())


def test_where_lower_is_better_less_dominates() -> None:
    found = siblings.compare(
        {name: report({"harm": score}, lower=("harm",)) for name, score in (("a", "0.1"), ("b", "0.2"))}
    )
    assert {s.name: s.dominated_by for s in found.siblings} == {"a": (), "b": ("a",)}


@pytest.mark.parametrize(
    ("second", "value", "outside"), [("0.5 0.6 0.9 0.8", "-0.6667", True), ("1 2 3 4", "-1.0", True)]
)
def test_a_tension_is_measured_over_the_versions_and_held_against_its_band(
    second: str, value: str, outside: bool
) -> None:
    scores = zip(("0.9", "0.8", "0.7", "0.6"), second.split(), strict=True)
    (measured,) = compared(**{f"v{n}": pair for n, pair in enumerate(scores)}).tensions
    assert (measured.value, measured.outside) == (Decimal(value), outside)


def test_two_versions_say_nothing_about_a_tension() -> None:
    (measured,) = compared(a=("1", "0"), b=("0", "1")).tensions
    assert (measured.value, measured.outside) == (None, False)


vectors = st.dictionaries(
    st.sampled_from("abcdefg"), st.tuples(*[st.integers(0, 4).map(str)] * 2), min_size=1, max_size=7
)


@given(vectors)
def test_no_version_of_the_front_is_dominated_and_the_order_does_not_matter(given: dict[str, tuple[str, str]]) -> None:
    forth, back = compared(**given), compared(**dict(reversed(given.items())))
    front = {s.name for s in forth.siblings if s.on_the_front}
    assert front
    assert front == {s.name for s in back.siblings if s.on_the_front}
    assert all(set(s.dominated_by) & front for s in forth.siblings if s.dominated_by)
