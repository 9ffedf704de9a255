"""The group that each version serves worst, and who gives way to whom on two criteria alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from governance.gates.floors import Floors, floors, give_way

Cells = dict[str, str | None]


def _criterion(metric: str, direction: str, place: int, cells: Cells) -> dict[str, Any]:
    return {
        "place": f"dimensions[{place}].criteria[0]",
        "dimension": "value",
        "metric": metric,
        "direction": direction,
        "cells": [
            {"group": group, "estimate": estimate, "interval": None, "n": 100, "verdict": "PASS"}
            for group, estimate in cells.items()
        ],
    }


def _report(more: Cells, less: Cells) -> dict[str, Any]:
    return {"criteria": [_criterion("recall", "higher", 0, more), _criterion("minutes", "lower", 1, less)]}


def _floors(**reports: tuple[Cells, Cells]) -> tuple[Floors, ...]:
    return floors({name: _report(*cells) for name, cells in reports.items()})


def test_the_worst_group_is_the_lowest_where_more_is_better_and_the_highest_where_less_is() -> None:
    recall, minutes = _floors(v1=({"old": "0.9", "young": "0.7"}, {"old": "9", "young": "11.5"}))
    assert (recall.by_version["v1"].groups, recall.by_version["v1"].estimate) == (("young",), Decimal("0.7"))
    assert (minutes.by_version["v1"].groups, minutes.by_version["v1"].estimate) == (("young",), Decimal("11.5"))
    assert (recall.lower_is_better, minutes.lower_is_better) == (False, True)


def test_groups_that_tie_are_named_and_the_one_with_the_worse_bound_speaks() -> None:
    report = _report({"old": "0.7", "young": "0.70", "other": "0.8"}, {"old": "1"})
    report["criteria"][0]["cells"][0]["interval"] = {"low": "0.65", "high": "0.75"}
    report["criteria"][0]["cells"][1]["interval"] = {"low": "0.5", "high": "0.9"}
    floor = floors({"v1": report})[0].by_version["v1"]
    assert floor.groups == ("old", "young")
    assert floor.cell is not None
    assert floor.cell["group"] == "young"


def test_where_a_group_has_no_estimate_the_floor_is_not_known() -> None:
    recall, _ = _floors(v1=({"old": "0.9", "young": None}, {"old": "9"}))
    floor = recall.by_version["v1"]
    assert (floor.estimate, floor.groups, floor.missing) == (None, (), ("young",))


def test_two_criteria_of_one_metric_have_names_of_their_own() -> None:
    report = {"criteria": [_criterion("recall", "higher", place, {"old": "0.9"}) for place in (0, 1)]}
    assert [one.key for one in floors({"v1": report})] == ["value/recall", "value/recall/2"]


def test_versions_give_way_on_these_two_alone_and_ties_do_not() -> None:
    recall, minutes = _floors(
        v1=({"old": "0.9"}, {"old": "9"}),
        v2=({"old": "0.9"}, {"old": "9"}),
        v3=({"old": "0.8"}, {"old": "9"}),
        v4=({"old": "0.7"}, {"old": "5"}),
        v5=({"old": None}, {"old": "1"}),
    )
    assert give_way(recall, minutes) == {"v1": (), "v2": (), "v3": ("v1", "v2"), "v4": ()}


def test_without_reports_there_is_nothing() -> None:
    assert floors({}) == ()
