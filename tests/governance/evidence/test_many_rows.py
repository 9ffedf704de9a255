"""Tables that are read in parts: they come to the same as whole ones, and errors still say where."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import numpy as np
import pytest

from governance.errors import Invalid
from governance.evidence import aggregation, bounds, columns, ingest
from governance.evidence.cases import Cases
from governance.evidence.formats import delimited, json_lines, mapping, parquet, text
from governance.evidence.formats import read as open_table
from governance.evidence.records import ObservationData, Source
from tests.governance.evidence.formats.test_formats import as_parquet
from tests.governance.evidence.tables import Criterion, cells

ROWS = [{"id": f"c{n}", "right": n % 3 > 0, "group": "poor" if n % 2 else "good"} for n in range(25)]
DECLARED = "{case_id: id, values: {recall: right}, context_is: '*', attributes: {health: group}}"
GROUPS = {key: {"column": "health", "equals": key} for key in ("poor", "good")}


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A format that is read four rows at a time."""
    for module in (text, delimited, parquet):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 4)
    return str(request.param)


def written(rows: list[dict[str, Any]], form: str) -> bytes:
    if form == "jsonl":
        return "\n".join(map(json.dumps, rows)).encode()
    if form == "csv":
        return "\n".join(["id,right,group", *(",".join(map(str, row.values())) for row in rows)]).encode()
    return as_parquet(**{name: [row[name] for row in rows] for name in rows[0]})


def read(data: bytes, form: str, declared: str = DECLARED) -> mapping.Mapped:
    return mapping.cases(open_table(io.BytesIO(data), name=f"cases.{form}")[1], mapping.read(declared))


def measured(cases: Cases) -> tuple[ObservationData, ...]:
    source = Source(evidence="run", subject="a" * 64, level="response")
    return aggregation.observations(cases, [Criterion()], GROUPS, context="us/phone", source=source)


def test_parts_come_to_what_the_whole_comes_to_in_any_order_of_the_rows(form: str) -> None:
    found = read(written(ROWS, form), form).cases
    assert [case[0] for case in cells(found)] == [row["id"] for row in ROWS]
    assert (len(found), found.count) == (25, 25)
    other = random.Random(1).sample(ROWS, len(ROWS))
    assert measured(read(written(other, form), form).cases) == measured(found)


def test_a_case_that_stands_twice_is_named_by_both_places_however_far_apart(form: str) -> None:
    first, again = {"jsonl": ("line 3", "line 26"), "csv": ("line 4", "line 27"), "parquet": ("row 3", "row 26")}[form]
    with pytest.raises(Invalid) as refused:
        read(written([*ROWS, ROWS[2]], form), form)
    [problem] = refused.value.problems
    assert (problem.where, problem.what) == (
        f"{again}, column case_id",
        f"case 'c2' already has 'recall' in context '*' in {first}.",
    )


def test_a_row_in_a_late_part_is_named(form: str) -> None:
    place = {"jsonl": "line 25", "csv": "line 26", "parquet": "row 25"}[form]
    with pytest.raises(Invalid) as refused:
        read(written([*ROWS[:24], {**ROWS[24], "id": ""}], form), form)
    assert [problem.where for problem in refused.value.problems] == [f"{place}, column case_id"]


def test_reading_goes_on_at_any_part(form: str) -> None:
    table = open_table(io.BytesIO(written(ROWS, form)), name=f"cases.{form}")[1]
    whole = [(batch.place(0), list(batch.cells("id")), batch.end) for batch in table.batches(0)]
    assert [(batch.place(0), list(batch.cells("id")), batch.end) for batch in table.batches(3)] == whole[3:]
    assert len(whole) == 7


def test_rows_that_are_left_out_are_counted_in_every_part(form: str) -> None:
    found = read(written(ROWS, form), form, DECLARED.replace("}}", "}, where: {group: poor}}"))
    assert (len(found.cases), found.left_out) == (12, 13)


def test_a_column_that_tells_no_groups_apart_is_refused(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_TEXTS", 10)
    with pytest.raises(Invalid, match="column health: it has over 10 different texts"):
        read(written(ROWS, form), form, DECLARED.replace("health: group", "health: id"))


@pytest.mark.parametrize(("form", "module"), [("jsonl", text), ("csv", delimited)])
def test_long_rows_come_in_parts_of_fewer(form: str, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES_AT_ONCE", 50)
    table = open_table(io.BytesIO(written(ROWS, form)), name=f"cases.{form}")[1]
    sizes = [batch.size for batch in table.batches(0)]
    assert max(sizes) < 10
    assert sum(sizes) == 25


def test_a_line_that_has_no_end_is_refused_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE", 100)
    with pytest.raises(Invalid, match="line 1: it has over 100 bytes"):
        read(b'{"id": "' + b"a" * 200, "jsonl")


def test_a_case_id_that_loses_digits_is_refused() -> None:
    with pytest.raises(Invalid, match="row 1, column case_id"):
        read(as_parquet(id=[12345678901234567890123.0], right=[1], group=["poor"]), "parquet")


def test_whole_numbers_beyond_64_bits_stay_apart() -> None:
    numbers = [2**64, 2**64 + 7, 2**64 + 14]
    lines = [json.dumps({"id": number, "right": 1, "group": "poor"}) for number in numbers]
    assert read("\n".join(lines).encode(), "jsonl").cases.count == 3


def test_a_long_text_in_a_dictionary_in_an_object_is_not_unpacked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow

    monkeypatch.setattr(parquet, "MOST_UNPACKED", 50_000_000)
    inner = pyarrow.array(["x" * 20_000] * 10_000).dictionary_encode()
    data = as_parquet(who=pyarrow.StructArray.from_arrays([inner], names=["name"]))
    assert len(data) < 100_000
    with pytest.raises(Invalid, match="unpacks to over"):
        open_table(io.BytesIO(data), name="cases.parquet")[1].names()


def test_many_values_resampled_in_blocks_give_the_bounds_of_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.random.RandomState(7).lognormal(sigma=1.5, size=20_000)
    one_by_one = bounds.mean_bca(sample, alphas=[0.05, 0.01])
    monkeypatch.setattr(bounds, "MANY", 20_000)
    blocks = bounds.mean_bca(sample, alphas=[0.05, 0.01])
    assert one_by_one is not None
    assert blocks is not None
    error = float(sample.std() / np.sqrt(len(sample)))
    for ours, theirs in zip(blocks, one_by_one, strict=True):
        assert ours.lower == pytest.approx(theirs.lower, abs=0.15 * error)
        assert ours.upper == pytest.approx(theirs.upper, abs=0.15 * error)


class Interrupted(Exception):
    """What ends a reading half-way."""


class KeptCourse(ingest.Course):
    """Keeps every second batch, and is cut off after `last` of them."""

    def __init__(self, *, last: int) -> None:
        self.parts: list[bytes] = []
        self.begun: list[int] = []
        self._last = last

    def kept(self) -> list[bytes]:
        return list(self.parts)

    def reached(self, gathering: ingest.Gathering, *, end: int) -> None:
        self.begun.append(gathering.counts.batches)
        if gathering.counts.batches % 2 == 0:
            self.parts.append(gathering.fresh())
        if gathering.counts.batches == self._last:
            self._last = 0
            raise Interrupted


def test_a_reading_that_was_cut_off_goes_on_where_it_was_kept(form: str) -> None:
    table = open_table(io.BytesIO(written(ROWS, form)), name=f"cases.{form}")[1]
    declared = mapping.read(DECLARED.replace("}}", "}, where: {group: poor}}"))
    course = KeptCourse(last=5)
    with pytest.raises(Interrupted):
        mapping.cases(table, declared, course=course)
    found = mapping.cases(table, declared, course=course)
    assert course.begun == [1, 2, 3, 4, 5, 5, 6, 7]
    whole = mapping.cases(table, declared)
    assert (measured(found.cases), found.left_out) == (measured(whole.cases), whole.left_out)
    assert cells(found.cases, "health") == cells(whole.cases, "health")


def test_what_was_kept_for_other_columns_is_not_gone_on_with() -> None:
    table = open_table(io.BytesIO(written(ROWS, "jsonl")), name="cases.jsonl")[1]
    course = KeptCourse(last=0)
    course.parts = [ingest.Gathering(["age"]).fresh()]
    assert len(mapping.cases(table, mapping.read(DECLARED), course=course).cases) == 25


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_part_whose_writer_was_ended_in_the_middle_is_gathered_again(form: str, share: float) -> None:
    table = open_table(io.BytesIO(written(ROWS, form)), name=f"cases.{form}")[1]
    course = KeptCourse(last=5)
    with pytest.raises(Interrupted):
        mapping.cases(table, mapping.read(DECLARED), course=course)
    course.parts[-1] = course.parts[-1][: int(len(course.parts[-1]) * share)]
    found = mapping.cases(table, mapping.read(DECLARED), course=course).cases
    assert measured(found) == measured(mapping.cases(table, mapping.read(DECLARED)).cases)


def test_what_was_gathered_as_texts_is_not_gone_on_with_as_numbers() -> None:
    course = KeptCourse(last=0)
    course.parts = [ingest.Gathering(["confidence"]).fresh()]
    as_numbers = ingest.Gathering(["confidence"], numbers={"confidence"})
    as_numbers.counts.rows = 7
    as_numbers.restore(course.kept())
    assert as_numbers.counts.rows == 7


def test_the_sign_of_nought_is_no_part_of_a_value() -> None:
    lines = [json.dumps({"id": "a", "right": value, "group": "poor"}) for value in (0.0, -0.0)]
    one, other = (measured(read(line.encode(), "jsonl").cases) for line in lines)
    assert one[0].values_digest == other[0].values_digest


def test_a_long_text_that_a_file_holds_once_for_many_rows_is_not_unpacked_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pyarrow
    from pyarrow import parquet as arrow

    monkeypatch.setattr(parquet, "MOST_UNPACKED", 50_000_000)
    file = io.BytesIO()
    # Nothing but the encoding of its pages says that this column is a dictionary.
    arrow.write_table(pyarrow.table({"prompt": ["x" * 20_000] * 10_000}), file, store_schema=False)
    assert len(file.getvalue()) < 100_000
    with pytest.raises(Invalid, match="unpacks to over"):
        open_table(file, name="cases.parquet")[1].names()


def test_a_wide_row_weighs_its_cells_and_not_only_their_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BYTES_AT_ONCE", 100 * delimited.CELL_BYTES)
    header, row = ",".join(f"c{n}" for n in range(20)), ",".join(["1"] * 20)
    table = open_table(io.BytesIO("\n".join([header, *[row] * 25]).encode()), name="cases.csv")[1]
    assert max(batch.size for batch in table.batches(0)) <= 5


def test_an_object_of_more_members_than_anybody_maps_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MOST_MEMBERS", 3)
    with pytest.raises(Invalid, match="line 1: this cannot be read: it has 4 members, and the most is 3"):
        open_table(io.BytesIO(b'{"a": 1, "b": {"c": 2, "d": 3}, "e": 4}'), name="cases.jsonl")[1].names()
