"""Every format comes to the same rows, and says where a row stands that cannot be read."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import formats
from governance.evidence.formats import parquet
from governance.evidence.formats import table as tables
from governance.evidence.formats.table import Table


def read(data: bytes, name: str = "cases.jsonl", form: str = "") -> Table:
    return formats.read(io.BytesIO(data), name=name, form=form)[1]


def rows(found: Table) -> list[tuple[str, dict[str, Any]]]:
    """Return the place of each row, and its cells by column."""
    return [
        (batch.place(row), {name: batch.cells(name)[row] for name in batch.names})
        for batch in found.batches(0)
        for row in range(batch.size)
    ]


def problems(data: bytes, name: str = "cases.jsonl", form: str = "") -> list[str]:
    with pytest.raises(Invalid) as caught:
        rows(read(data, name, form))
    assert all(problem.remedy for problem in caught.value.problems)
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


def as_parquet(**columns: Any) -> bytes:
    import pyarrow
    from pyarrow import parquet as writer

    file = io.BytesIO()
    writer.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def test_json_lines_keep_numbers_exact_and_name_nested_members() -> None:
    found = read(
        b'{"id": 7, "score": 0.1, "who": {"age": {"band": "old"}}, "words": ["a"]}\n\n{"id": 8, "score": true}\n'
    )
    assert rows(found) == [
        ("line 1", {"id": 7, "score": 0.1, "who.age.band": "old"}),
        ("line 3", {"id": 8, "score": True, "who.age.band": None}),
    ]


def test_every_line_that_is_no_object_is_named() -> None:
    found = problems(b'{"a": 1}\n[1]\n{"a": NaN}\n{"a": 1, "a": 2}\n{"a"')
    assert [place.split(":")[0] for place in found] == ["line 2", "line 3", "line 4", "line 5"]
    assert "NaN is not a measurement" in found[1]


def test_csv_is_text_with_empty_cells_as_nothing_and_lines_as_they_are_counted_in_the_file() -> None:
    found = read(b'\xef\xbb\xbfid,note,score\r\na,"two\nlines",1\r\nb,,0.5\r\n', "cases.csv")
    assert rows(found) == [
        ("line 3", {"id": "a", "note": "two\nlines", "score": "1"}),
        ("line 4", {"id": "b", "note": None, "score": "0.5"}),
    ]
    assert not found.is_typed


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"id,score\na,1,2\nb\n", "line 2: 3 cells, and the header has 2."),
        (b"id,id\na,1\n", "line 1: a column has no name"),
        (b"id,\na,1\n", "line 1: a column has no name"),
        (b'id,score\na,"1\n', "line 2: this is no CSV"),
        (b"id\n\xff\n", "line 2: it is no UTF-8"),
        (",".join(map(str, range(600))).encode(), "line 1: 600 columns; the most is 512."),
        (b"id,score\n", "file: it has no rows."),
        (b"", "file: it has no rows."),
    ],
)
def test_a_csv_that_cannot_be_read_says_where(data: bytes, place: str) -> None:
    assert problems(data, "cases.csv")[0].startswith(place)


def test_parquet_gives_numbers_as_they_print_and_nested_columns_by_name() -> None:
    found = read(as_parquet(id=[1, 2], score=[0.1, None], who=[{"age": "old"}, {"age": "young"}]), "cases.parquet")
    assert rows(found) == [
        ("row 1", {"id": 1, "score": 0.1, "who.age": "old"}),
        ("row 2", {"id": 2, "score": None, "who.age": "young"}),
    ]


def test_what_is_no_parquet_or_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(b"PAR1 not really PAR1", "cases.parquet")[0].startswith("file: this is no Parquet")
    monkeypatch.setattr(parquet, "MOST_UNPACKED", 10)
    assert "unpacks to" in problems(as_parquet(id=["a" * 50]), "cases.parquet")[0]


def test_one_long_text_that_a_dictionary_repeats_is_not_unpacked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow

    monkeypatch.setattr(parquet, "MOST_UNPACKED", 50_000_000)
    texts = pyarrow.array(["x" * 20_000] * 10_000)
    for column in (texts, texts.dictionary_encode()):
        data = as_parquet(id=column)
        assert len(data) < 100_000
        assert "unpacks to over" in problems(data, "cases.parquet")[0]


def test_a_file_of_too_many_bytes_or_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1)
    for data, name in ((b"{}\n{}\n", "a.jsonl"), (b"id\n1\n2\n", "a.csv"), (as_parquet(id=[1, 2]), "a.parquet")):
        assert problems(data, name) == ["file: it has over 1 rows, or values in them."]
    monkeypatch.setattr(tables, "MOST_BYTES", 1)
    for name in ("a.jsonl", "a.csv", "a.parquet", "a.eval", "a.json"):
        assert problems(b"{}", name) == ["file: it has 2 bytes; the most is 1."]


def test_a_format_is_told_by_the_name_or_said_and_never_guessed() -> None:
    assert formats.read(io.BytesIO(b'{"doc_id": 0}'), name="samples_bbq_2026.jsonl")[0] == "lm-eval"
    assert formats.read(io.BytesIO(b'{"a": 1}'), name="x.txt", form="jsonl")[0] == "jsonl"
    assert formats.read(io.BytesIO(b'{"columns": ["a"], "data": [[1]]}'), name="x.json")[0] == "table"
    assert problems(b"{}", "x.xlsx") == ["format: “x.xlsx” tells no format that is known."]
    assert problems(b"{}", "x.csv", "excel") == ["format: “excel” tells no format that is known."]


def test_samples_of_the_harness_take_figures_and_time_from_its_results() -> None:
    from governance.evidence.formats import harness

    samples = read(b'{"doc_id": 0, "filter": "none", "acc": 1.0}', "samples_bbq_2026.jsonl")
    results = b'{"results": {"bbq": {"alias": "bbq", "acc,none": 0.5, "acc,strict": 0.4}}, "date": 1764194400.5}'
    found = harness.with_results(samples, results, task="", filtered_by="none")
    assert found.claims == {"acc": "0.5"}
    assert found.measured_at == datetime(2025, 11, 26, 22, 0, 0, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("results", "task"),
    [(b"{}", ""), (b"[]", ""), (b'{"results": {"a": {}, "b": {}}}', ""), (b'{"results": {"a": {}}}', "b")],
)
def test_results_that_say_nothing_of_the_task_are_refused(results: bytes, task: str) -> None:
    from governance.evidence.formats import harness

    samples = read(b'{"doc_id": 0}', "samples_bbq_2026.jsonl")
    with pytest.raises(Invalid, match="results"):
        harness.with_results(samples, results, task=task, filtered_by="none")


def test_lines_without_a_doc_id_are_no_samples_of_the_harness() -> None:
    assert problems(b'{"doc_id": 0}\n{"id": 1}', "samples_bbq_2026.jsonl")[0].startswith("line 2: there is no doc_id")
