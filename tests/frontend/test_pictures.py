"""Versions beside each other in pictures: what stands where, and what is said where nothing can stand."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from frontend import labels, parallels, scatter
from frontend.pages import pictures
from frontend.parallels import Asked
from frontend.plots import Reading
from frontend.scatter import Point, Scale
from tests.factories.world import FAILING, PASSING, TWO_VALUES, World
from tests.frontend.conftest import SignedIn

PAGE = "/systems/outreach/versions/us/outreach/phone/"
SHARE = Scale(threshold=0.7, lower_is_better=False, is_proportion=True)
MINUTES = Scale(threshold=12.0, lower_is_better=True, is_proportion=False)
HOSTILE = '"><script>alert(1)</script>\u202e' + "x" * 600


def _asked(*values: float | None, lower: bool = False) -> Asked:
    return Asked(
        title="Need is seen: recall",
        threshold=0.5,
        asked="≥ 0.50",
        lower_is_better=lower,
        is_proportion=True,
        values=values,
    )


def test_better_is_up_on_every_axis() -> None:
    picture = parallels.parallels(["1", "2"], [_asked(0.9, 0.6), _asked(0.9, 0.6, lower=True)])
    first, second = picture.lines
    assert first.dots[0][1] < second.dots[0][1]
    assert first.dots[1][1] > second.dots[1][1]
    for axis in picture.axes:
        assert all(picture.top <= y <= picture.bottom for y in (axis.threshold, *(tick.x for tick in axis.ticks)))


def test_a_line_breaks_where_nothing_is_known_and_is_left_out_where_nothing_ever_is() -> None:
    picture = parallels.parallels(
        ["1", "2", "3"], [_asked(0.9, None, None), _asked(None, 0.6, None), _asked(0.8, 0.7, None)]
    )
    assert [line.name for line in picture.lines] == ["1", "2"]
    assert [(line.path.count("M"), line.path.count("L")) for line in picture.lines] == [(2, 0), (1, 1)]


@pytest.mark.parametrize("many", [1, 2, 60])
def test_names_never_cover_each_other_and_stay_in_the_picture(many: int) -> None:
    picture = parallels.parallels([f"{'name ' * 40}{n}" for n in range(many)], [_asked(*[0.7] * many)])
    heights = sorted(line.name_y for line in picture.lines)
    assert all(later - earlier >= parallels.NAME_GAP for earlier, later in pairwise(heights))
    assert heights[0] >= picture.top
    assert heights[-1] <= picture.bottom
    assert {len(line.name) for line in picture.lines} == {parallels.NAME_LENGTH}


def _point(name: str, x: float, y: float, *, front: bool = True) -> Point:
    return Point(name, Reading(x, x - 0.05, min(x + 0.05, 1.0)), Reading(y), front)


def test_better_is_right_and_up_and_whiskers_hold_their_mark() -> None:
    found = scatter.scatter([_point("1", 0.9, 9.0), _point("2", 0.8, 14.0, front=False)], x=SHARE, y=MINUTES)
    one, two = found.marks
    assert one.x > two.x
    assert one.y < two.y
    assert found.y_threshold > one.y
    assert one.across is not None
    assert one.across[0] < one.x < one.across[1]
    assert one.upright is None
    assert (one.on_the_front, two.on_the_front) == (True, False)


def test_versions_at_one_place_share_a_mark() -> None:
    found = scatter.scatter([_point("1", 0.9, 9.0), _point("2", 0.9, 9.0)], x=SHARE, y=MINUTES)
    assert [mark.name for mark in found.marks] == ["1, 2"]
    assert scatter.scatter([], x=SHARE, y=MINUTES).marks == ()


def test_names_beside_marks_keep_clear_of_each_other() -> None:
    points = [_point(str(n), 0.8 + n / 1000, 9.0 + n / 100) for n in range(8)]
    found = scatter.scatter(points, x=SHARE, y=MINUTES)
    places = [(mark.name_x, mark.name_y) for mark in found.marks]
    width = labels.LETTER
    assert not [
        pair
        for pair in combinations(places, 2)
        if abs(pair[0][0] - pair[1][0]) < width and abs(pair[0][1] - pair[1][1]) < labels.LINE
    ]


def test_names_are_spread_as_near_to_their_own_place_as_there_is_room() -> None:
    assert labels.apart({"a": 5.0, "b": 6.0}, gap=10, top=0, bottom=100) == {"a": 5.0, "b": 15.0}
    assert labels.apart({"a": 99.0, "b": 100.0}, gap=10, top=0, bottom=100) == {"a": 90.0, "b": 100.0}
    assert labels.apart({}, gap=10, top=0, bottom=100) == {}


def test_long_names_keep_their_end_and_titles_their_beginning() -> None:
    assert labels.shortened("a-very-long-name-of-a-model 12", 20) == "a-very-long…model 12"
    assert labels.wrapped("Need is seen: recall", most=12, lines=2) == ["Need is", "seen: recall"]
    rows = labels.wrapped("word " * 40, most=20, lines=2)
    assert len(rows) == 2
    assert all(len(row) <= 20 for row in rows)
    assert labels.wrapped(HOSTILE, most=20, lines=2)[0].count("…") == 1


def _criterion(key: int, cells: dict[str, str | None], **changes: Any) -> dict[str, Any]:
    return {
        "place": f"dimensions[{key}].criteria[0]",
        "dimension": f"value-{key}",
        "dimension_name": f"Value {key}",
        "metric": "recall",
        "aggregate": "proportion",
        "comparator": ">=",
        "threshold": "0.7",
        "direction": "higher",
        "unit": "proportion",
        "tier": 0,
        "cells": [
            {"group": group, "estimate": estimate, "interval": None, "n": 100 if estimate else None, "verdict": "PASS"}
            for group, estimate in cells.items()
        ],
    } | changes


def _content(*reports: list[dict[str, Any]], x: str = "", y: str = "") -> dict[str, Any]:
    documents = {f"model {number}": {"criteria": criteria} for number, criteria in enumerate(reports, start=1)}
    return pictures.content({name: name[-1] for name in documents}, documents, x=x, y=y)


def test_the_reader_chooses_the_two_criteria() -> None:
    report = [_criterion(key, {"old": "0.9"}) for key in range(3)]
    first, third = "value-0/recall", "value-2/recall"
    chosen = {
        (x, y): (found["scatter"].x.key, found["scatter"].y.key, bool(found["remark"]))
        for x, y in (("", ""), (third, first), (first, first), ("none", "<b>"))
        for found in [_content(report, x=x, y=y)]
    }
    assert chosen == {
        ("", ""): (first, "value-1/recall", False),
        (third, first): (third, first, False),
        (first, first): (first, "value-1/recall", True),
        ("none", "<b>"): (first, "value-1/recall", True),
    }


def test_two_criteria_of_one_metric_say_whose_they_are() -> None:
    cells: list[dict[str, str | None]] = [dict.fromkeys(("old", "young", "other"), "0.9"), {"old": "0.9"}]
    twice = [_criterion(key, some, dimension="value") for key, some in enumerate(cells)]
    assert [one.title for one in _content(twice)["criteria"]] == ["Value 0: recall, 3 groups", "Value 1: recall, old"]


def test_what_cannot_be_drawn_is_said() -> None:
    assert _content() == {"criteria": [], "parallels": None, "scatter": None, "remark": ""}
    alone = _content([_criterion(0, {"old": "0.9"})])
    assert (alone["scatter"], bool(alone["remark"])) == (None, True)
    bare = _content([_criterion(0, {"old": None}), _criterion(1, {"old": None})])
    assert (bare["parallels"].picture.lines, bare["parallels"].absent) == ((), ("1",))
    assert bare["scatter"].picture.marks == ()
    assert bare["scatter"].rows[0].gives_way_to is None


def test_versions_with_the_same_everywhere_are_named() -> None:
    same, other = [_criterion(0, {"old": "0.9", "young": "0.90"})], [_criterion(0, {"old": "0.8", "young": "0.9"})]
    found = _content(same, same, other)
    assert found["parallels"].together == ("1, 2",)
    assert [floor.who for floor in found["criteria"][0].floors] == ["every group alike"] * 2 + ["old"]


def test_hostile_and_very_long_names_stay_text() -> None:
    names = dict.fromkeys("ab", HOSTILE)
    documents = {
        name: {"criteria": [_criterion(key, {"old": value}, dimension_name=HOSTILE) for key in (0, 1)]}
        for name, value in (("a", "0.9"), ("b", "0.8"))
    }
    found = pictures.content(names | {"b": f"{HOSTILE} 2"}, documents, x="", y="")
    for template, given in (
        ("components/parallels.html", {"picture": found["parallels"].picture}),
        ("components/scatter.html", {"shown": found["scatter"]}),
    ):
        drawn = ElementTree.fromstring(render_to_string(template, given))
        texts = [text.text or "" for text in drawn.iter("text")]
        assert not list(drawn.iter("script"))
        assert max(map(len, texts)) <= pictures.TITLE_LENGTH
        assert [child.tag for child in drawn][:2] == ["title", "desc"]


@pytest.mark.django_db
def test_the_page_shows_both_pictures_with_their_tables(world: World, as_person: SignedIn) -> None:
    world.ratify(TWO_VALUES)
    world.judged(PASSING, number="1")
    text = _read(world, as_person)
    assert "there is one line and nothing to compare it with" in text
    assert "One version alone is always on the front" in text
    world.judged(FAILING, number="2")
    world.judged({**PASSING, "limited": (0, 0)}, number="3")
    text = _read(world, as_person, "?x=left-in-peace/recall")
    assert '<option value="left-in-peace/recall" selected>' in text
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "0.40 [0.32, 0.52] poor health, n=100" in plain
    assert "not known no evidence for limited" in plain
    assert "○ Gives way to outreach-model 1." in plain
    assert "Not drawn: a group has no evidence." in plain


def _read(world: World, as_person: SignedIn, query: str = "") -> str:
    response = as_person(world.people.auditor).get(PAGE + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())
