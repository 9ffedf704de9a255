from __future__ import annotations

import io
import json
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import ingest
from governance.evidence.formats import mapping, read
from governance.evidence.formats import table as formats
from tests.governance.evidence.tables import COLUMNS, cells, read_cases, row, table


def problems(data: bytes) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read_cases(data)
    assert all(problem.remedy for problem in caught.value.problems)
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


def test_a_table_becomes_cases_with_exact_values_and_attributes_as_text() -> None:
    columns = [*COLUMNS, "limited", "age"]
    found = read_cases(table([*row(7, value=0.1), True, 40.0], [*row(8, value=2), None, 41], columns=columns))
    assert cells(found, "health", "limited", "age") == [
        ("7", "recall", 0.1, "*", "poor", "true", "40"),
        ("8", "recall", 2, "*", "poor", None, "41"),
    ]


def test_what_mlflow_writes_from_a_data_frame_can_be_read() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {"case_id": [1, 2], "metric": "recall", "value": [1, 0], "context": "*", "limited": [True, False]}
    )
    written = frame.to_json(orient="split", index=False, date_format="iso", date_unit="ms")
    assert [case[2] for case in cells(read_cases(written.encode()))] == [1, 0]


def test_truth_values_count_as_zero_and_one() -> None:
    assert [c[2] for c in cells(read_cases(table(row("a", value=True), row("b", value=False))))] == [1, 0]


def test_a_missing_column_is_named_with_the_near_one() -> None:
    with pytest.raises(Invalid) as caught:
        read_cases(table(row(), columns=["caseid", "metric", "value", "context", "health"]))
    assert str(caught.value.problems[0]) == "column case_id: the column is missing. Rename 'caseid' to 'case_id'."


def test_a_table_of_other_names_says_what_it_has_and_that_a_mapping_reads_it() -> None:
    (found,) = problems(table(row(), columns=["id", "what", "right", "where", "health"]))
    assert found == (
        "columns: none is case_id, metric, value, context; the table has 'id', 'what', 'right', 'where', 'health'."
    )


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_header_of_another_separator_is_told_as_such(mark: str) -> None:
    _, found = read(io.BytesIO(mark.join(COLUMNS).encode() + b"\n" + mark.join("abcde").encode()), name="a.csv")
    with pytest.raises(Invalid, match="Separate the cells by commas"):
        mapping.plain(found)


def test_of_many_repeats_the_first_are_named_and_the_others_counted() -> None:
    with pytest.raises(Invalid, match=r"And 30 more\.$"):
        read_cases(table(*[row("a") for _ in range(51)]))


@pytest.mark.parametrize("name", ["", "a b", "0x", "é", "x" * 65])
def test_an_impossible_column_name_is_refused(name: str) -> None:
    assert "this is no column name" in problems(table(row(), columns=[*COLUMNS[:4], name]))[0]


def test_a_column_that_appears_twice_is_refused() -> None:
    assert problems(table([*row(), 1], columns=[*COLUMNS, "value"])) == ["column value: the column appears twice."]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_nan_and_infinity_are_refused_by_name(literal: str) -> None:
    data = table(row(value=0)).replace(b'"recall", 0,', f'"recall", {literal},'.encode())
    assert problems(data) == [f"table: this cannot be read as JSON: {literal} is not a measurement."]


@pytest.mark.parametrize("value", [None, 1e16, "1", [1]])
def test_what_is_no_measurement_is_refused_with_its_row(value: Any) -> None:
    assert any(place.startswith("row 2, column value") for place in problems(table(row("a"), row("b", value=value))))


@pytest.mark.parametrize("literal", [b"1e999999999", b"-1e16", b"1e-16"])
def test_an_exponent_beyond_all_measure_is_refused_quickly(literal: bytes) -> None:
    found = problems(table(row(value=0)).replace(b'"recall", 0,', b'"recall", ' + literal + b","))
    assert "is not a measurement" in found[0]


def test_every_wrong_row_is_named() -> None:
    found = problems(table(row("a", value=None), row("", value=1), row("c", context=None)))
    assert [place.split(":")[0] for place in found] == [
        "row 1, column value",
        "row 2, column case_id",
        "row 3, column context",
    ]


def test_mixed_types_in_a_column_are_refused() -> None:
    found = problems(table(row("a", health="poor"), row("b", health=3)))
    assert found == ["row 2, column health: this is a number, and the column began with a text."]


def test_a_case_that_appears_twice_is_refused_with_both_rows() -> None:
    found = problems(table(row("a"), row("b"), row("a", value=0)))
    assert found == ["row 3, column case_id: case 'a' already has 'recall' in context '*' in row 1."]


def test_one_case_may_have_several_metrics_and_contexts() -> None:
    assert len(read_cases(table(row("a"), row("a", metric="harm"), row("a", context="us/phone")))) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"columns": [], "data": [], "index": []}',
        b"[" * 100_000,
        b'{"columns":1,"columns":2}',
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    assert problems(data)[0].startswith("table: ")


def test_an_empty_table_is_refused() -> None:
    assert problems(table()) == ["file: it has no rows."]


def test_a_ragged_row_is_refused() -> None:
    assert problems(table(row(), row()[:3])) == ["row 2: the row is not a list of 5 values."]


def test_columns_that_are_no_names_are_refused() -> None:
    assert problems(json.dumps({"columns": [1], "data": [[1]]}).encode()) == [
        "columns: this is not a list of column names."
    ]


@pytest.mark.parametrize("text", ["x" * 300, "a\x00b", "\ud800", "a\nb", ["poor"]])
def test_a_text_that_cannot_be_kept_or_shown_is_refused(text: Any) -> None:
    assert "row 1, column health" in problems(table(row(health=text)))[0]


def test_a_table_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_AT_ONCE", 10)
    assert "bytes; the most in this format is 10" in problems(table(row()))[0]


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_ROWS", 1)
    assert problems(table(row("a"), row("b"))) == ["file: it has over 1 rows, or values in them."]


def test_a_flood_of_problems_is_cut_and_counted() -> None:
    with pytest.raises(Invalid) as caught:
        read_cases(table(*[row(f"c{i}", value=None) for i in range(50)]))
    assert len(caught.value.problems) == formats.MOST_PROBLEMS
    assert caught.value.message.endswith("And 30 more.")


def test_the_digest_of_values_does_not_depend_on_the_order_of_rows() -> None:
    def digest(*rows: Any) -> str:
        cases = read_cases(table(*rows))
        return ingest.values_digest(cases, cases.of("recall"), cases.values)

    one, other = row("a", value=1), row("b", value=0)
    assert digest(one, other) == digest(other, one) != digest(row("a", value=0), other)
    assert digest(one, other) != digest(row("c", value=1), other)
