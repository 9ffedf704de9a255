"""The same cases are the same however they are written, and whichever of them count."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence import content, ingest
from governance.evidence.content import Content
from governance.evidence.formats import delimited, mapping, parquet, text
from governance.evidence.formats import read as open_table
from tests.governance.evidence.formats.test_formats import as_parquet

ROWS = [{"id": f"c{n}", "right": n % 3 > 0, "group": "poor" if n % 2 else "good"} for n in range(25)]
DECLARED = "{case_id: id, values: {recall: right}, context_is: '*', attributes: {health: group}}"
POOR = DECLARED.replace("}}", "}, where: {group: poor}}")


def written(rows: Sequence[dict[str, Any]], form: str) -> bytes:
    if form == "jsonl":
        return "\n".join(map(json.dumps, rows)).encode()
    if form == "csv":
        return "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]).encode()
    return as_parquet(**{name: [row[name] for row in rows] for name in rows[0]})


def mapped(data: bytes, form: str = "jsonl", declared: str = DECLARED, **more: Any) -> mapping.Mapped:
    return mapping.cases(open_table(io.BytesIO(data), name=f"cases.{form}")[1], mapping.read(declared), **more)


def read(
    rows: Sequence[dict[str, Any]] = ROWS, form: str = "jsonl", declared: str = DECLARED, metric: str = "recall"
) -> Content:
    found = mapped(written(rows, form), form, declared)
    return content.of(found.cases, found.sums, metrics={metric})


def changed(**cells: Any) -> list[dict[str, Any]]:
    return [ROWS[0] | cells, *ROWS[1:]]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_cases_are_the_same_in_any_format_and_order(form: str) -> None:
    other = read(random.Random(1).sample(ROWS, len(ROWS)), form)
    assert (other.whole, other.read) == (read().whole, read().read)


@pytest.mark.parametrize("declared", [POOR, DECLARED.replace("health: group", "health: id")])
def test_another_choice_among_them_leaves_the_cases_the_same_and_the_reading_another(declared: str) -> None:
    other = read(declared=declared)
    assert other.whole == read().whole
    assert other.read != read().read


def test_another_context_is_another_reading() -> None:
    assert read(declared=DECLARED.replace("'*'", "us/phone")).read != read().read


@pytest.mark.parametrize("cells", [{"id": "another"}, {"right": True}], ids=["id", "value"])
def test_another_case_or_value_makes_other_cases(cells: dict[str, Any]) -> None:
    assert read(changed(**cells)).whole != read().whole


def test_two_values_that_change_places_make_other_cases() -> None:
    swapped = [ROWS[0] | {"right": ROWS[1]["right"]}, ROWS[1] | {"right": ROWS[0]["right"]}, *ROWS[2:]]
    assert read(swapped).whole != read().whole


def test_what_is_measured_beside_it_leaves_a_metric_the_same() -> None:
    more = DECLARED.replace("recall: right", "recall: right, odd: odd")
    other = read([row | {"odd": n > 3} for n, row in enumerate(ROWS)], declared=more)
    assert other.whole == read().whole
    assert "odd" not in other.whole


def test_rows_that_are_left_out_for_want_of_a_value_belong_to_the_cases() -> None:
    some = changed(right=None)
    leaving = DECLARED[:-1] + ", empty: leave-out}"
    assert read(some, declared=leaving).whole != read(ROWS[1:]).whole
    both = leaving[:-1] + ", where: {group: good}}"
    assert read(some, declared=both).whole == read(some, declared=leaving).whole


def test_a_metric_that_each_row_names_is_told_apart_among_what_is_left_out() -> None:
    rows = [row | {"metric": name} for row in ROWS for name in ("recall", "other")]
    named = DECLARED.replace("values: {recall: right}", "metric: metric, value: right")
    some = named.replace("}}", "}, where: {group: poor}}")
    assert read(rows, declared=some).whole == read(rows, declared=named).whole == read().whole


def test_several_rows_of_one_case_each_count() -> None:
    twice = [row | {"who": who} for row in ROWS for who in ("a", "b")]
    rated = DECLARED.replace("health: group", "rater: who")
    found = read(twice, declared=rated)
    assert found.whole != read().whole
    assert [len(one.ids) for one in found.counted] == [25]


def test_a_probability_is_part_of_the_reading() -> None:
    def found(stated: float) -> Content:
        rows = [row | {"confidence": stated} for row in ROWS]
        declared = DECLARED.replace("health: group", "confidence: confidence")
        cases = mapped(written(rows, "jsonl"), declared=declared, numbers={"confidence"})
        return content.of(cases.cases, cases.sums, metrics={"recall"})

    assert found(0.5).read == found(0.5).read != found(0.25).read


def test_only_what_is_asked_for_is_added_up() -> None:
    assert mapped(written(ROWS, "jsonl"), declared=POOR, metrics={"other"}).sums == {}


def test_a_metric_that_nobody_recorded_has_no_sum() -> None:
    found = mapped(written(ROWS, "jsonl"))
    assert set(content.of(found.cases, found.sums, metrics={"recall", "other"}).whole) == {"recall"}


def test_parts_come_to_what_the_whole_comes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {form: read(form=form, declared=POOR) for form in ("jsonl", "csv", "parquet")}
    full = read()
    for module in (text, delimited, parquet):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(content, "AT_ONCE", 3)
    for form, found in whole.items():
        assert (read(form=form, declared=POOR).whole, found.read) == (found.whole, whole["csv"].read)
        assert (read(form=form).whole, read(form=form).read) == (full.whole, full.read)


def test_what_was_left_out_before_a_reading_was_cut_off_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "ROWS_AT_ONCE", 4)
    whole = mapped(written(ROWS, "jsonl"), declared=POOR)
    course = _CutOff()
    with pytest.raises(EOFError):
        mapped(written(ROWS, "jsonl"), declared=POOR, course=course)
    course.left = 100
    assert mapped(written(ROWS, "jsonl"), declared=POOR, course=course).sums == whole.sums


def test_what_was_added_up_of_other_metrics_is_not_gone_on_with() -> None:
    kept = ingest.Gathering(["health"], metrics={"recall"})
    kept.counts.batches = 3
    other = ingest.Gathering(["health"], metrics={"precision"})
    other.restore([kept.fresh()])
    assert other.counts.batches == 0


def test_case_ids_of_each_metric_and_context_are_listed_in_order() -> None:
    rows = [row | {"where": "us/phone" if n < 10 else "us/letter"} for n, row in enumerate(ROWS)]
    found = read(rows, declared=DECLARED.replace("context_is: '*'", "context: where")).counted
    assert [(one.context, len(one.ids)) for one in found] == [("us/letter", 15), ("us/phone", 10)]
    assert all((one.ids[1:] > one.ids[:-1]).all() for one in found)


@given(st.sets(st.integers(0, 50)), st.lists(st.sets(st.integers(0, 50), min_size=1), max_size=3))
def test_missing_are_those_that_no_list_has(earlier: set[int], now: list[set[int]]) -> None:
    lists = [np.array(sorted(one), dtype=np.uint64) for one in now]
    found = content.missing(np.array(sorted(earlier), dtype=np.uint64), lists)
    assert found == len(earlier.difference(*now))


class _CutOff(ingest.Course):
    """Keeps everything, and breaks off after its third batch."""

    def __init__(self) -> None:
        self.left, self.parts = 3, list[bytes]()

    def kept(self) -> list[bytes]:
        return self.parts

    def reached(self, gathering: ingest.Gathering, *, end: int) -> None:
        self.parts.append(gathering.fresh())
        self.left -= 1
        if not self.left:
            raise EOFError
