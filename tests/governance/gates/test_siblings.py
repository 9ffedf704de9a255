"""Versions beside each other: dominance, the front and tensions, by the numbers of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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


@pytest.mark.parametrize(("band", "outside"), [(("-1", "0"), False), (("-2", "-1"), False), (("-0.9", "0"), True)])
def test_the_ends_of_a_band_are_inside_it(band: tuple[str, str], outside: bool) -> None:
    tension = replace(TENSION, band=(Decimal(band[0]), Decimal(band[1])))
    found = siblings.compare({n: report({"helpful": f"{n}", "harmless": f"{5 - n}"}) for n in range(1, 4)}, [tension])
    assert [(one.value, one.versions, one.outside) for one in found.tensions] == [(Decimal("-1.0"), 3, outside)]


def test_where_less_is_better_a_tension_is_turned() -> None:
    versions = {n: report({"helpful": f"{n}", "harmless": f"{5 - n}"}, lower=("harmless",)) for n in range(1, 4)}
    assert [one.value for one in siblings.compare(versions, [TENSION]).tensions] == [Decimal("1.0")]


def test_a_version_without_one_of_the_two_is_not_ranked() -> None:
    versions = {n: report({"helpful": f"{n}", "harmless": f"{n}" if n < 4 else None}) for n in range(1, 5)}
    assert [one.versions for one in siblings.compare(versions, [TENSION]).tensions] == [3]


def test_each_group_is_set_against_itself_and_no_metric_against_itself() -> None:
    versions = {}
    for n in range(1, 4):
        both = [report({"helpful": f"{n}", "harmless": f"{n}"}, group=group) for group in ("poor", "good")]
        versions[f"{n}"] = both[0] | {"criteria": both[0]["criteria"] + both[1]["criteria"]}
    found = siblings.compare(versions, [TENSION, replace(TENSION, between=("helpful", "helpful"))]).tensions
    assert [(one.first, one.second, one.group) for one in found] == [
        ("helpful", "harmless", "good"),
        ("helpful", "harmless", "poor"),
    ]


def test_shares_are_told_by_version_and_ranked_by_nobody() -> None:
    shared = replace(TENSION, measure="disagreement-share", band=(Decimal(0), Decimal("0.4")))
    read = [
        {"measure": measure, "between": ["helpful", "harmless"], "readings": [{"value": value}]}
        for measure, value in (("kendall-tau", "1"), ("disagreement-share", "0.2"))
    ]
    versions = {n: report({"helpful": "1", "harmless": "1"}) | {"tensions": read} for n in "abc"}
    found = siblings.compare(versions, [TENSION, shared])
    assert [(one.version, one.reading["value"], one.tension) for one in found.shares] == [
        (n, "0.2", shared) for n in "abc"
    ]
    assert [one.tension for one in found.tensions] == [TENSION]


def test_of_two_criteria_of_one_metric_the_worse_verdict_is_shown() -> None:
    twice = report({"helpful": "1"})
    [criterion] = twice["criteria"]
    failing = criterion | {"cells": [criterion["cells"][0] | {"verdict": "FAIL"}]}
    for both in ([criterion, failing], [failing, criterion]):
        [shown] = siblings.compare({"a": twice | {"criteria": both}}).siblings
        assert list(shown.verdicts.values()) == ["FAIL"]


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
