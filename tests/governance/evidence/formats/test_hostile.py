"""Files that want more memory than they have bytes, that are damaged, or that say a thing twice: each is refused by
name, before it is unpacked."""

from __future__ import annotations

import io
import json
import random
import zipfile
from contextlib import suppress
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence.formats import inspect_log, parquet
from governance.evidence.formats import read as open_table
from tests.governance.evidence.formats.test_formats import as_parquet

HEADER = {"status": "success", "eval": {"created": "2026-01-01T00:00:00Z"}}


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(Invalid) as refused:
        everything(data, name)
    return str(refused.value)


def everything(data: bytes, name: str) -> list[dict[str, Any]]:
    _, table = open_table(io.BytesIO(data), name=name)
    return [{name: list(batch.cells(name)) for name in batch.names} for batch in table.batches(0)]


def archive(*samples: bytes, names: tuple[str, ...] = ()) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("header.json", json.dumps(HEADER))
        for number, sample in enumerate(samples):
            packed.writestr(names[number] if names else f"samples/{number}.json", sample)
    return file.getvalue()


def sample(**metadata: Any) -> bytes:
    return json.dumps({"id": 1, "metadata": metadata, "scores": {"s": {"value": 1, "explanation": "x"}}}).encode()


def test_a_parquet_of_more_columns_than_anybody_maps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_COLUMNS", 2)
    assert "3 columns; the most is 2" in refusal(as_parquet(a=[1], b=[1], c=[1]), "a.parquet")


def test_rows_of_long_texts_are_read_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    data = as_parquet(text=[f"{number}" * 1000 for number in range(10)])
    monkeypatch.setattr(parquet, "MOST_UNPACKED", 4000)
    _, table = open_table(io.BytesIO(data), name="a.parquet")
    assert max(batch.size for batch in table.batches(0)) < 5
    monkeypatch.setattr(parquet, "MOST_UNPACKED", 500)
    assert "a row of it unpacks to over 500 bytes" in refusal(data, "a.parquet")


def test_bytes_of_a_fixed_size_are_left_out() -> None:
    import pyarrow

    data = as_parquet(a=[1, 2], x=pyarrow.array([b"x" * 50] * 2, type=pyarrow.binary(50)))
    assert everything(data, "a.parquet") == [{"a": [1, 2]}]


def test_two_columns_of_one_name_are_refused() -> None:
    import pyarrow
    from pyarrow import parquet as writer

    file = io.BytesIO()
    writer.write_table(pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([0])], names=["v", "v"]), file)
    assert "column v: the column appears twice" in refusal(file.getvalue(), "a.parquet")
    nested = as_parquet(**{"s": pyarrow.array([{"x": 1}]), "s.x": [0]})
    assert "column s.x: the column appears twice" in refusal(nested, "a.parquet")


def test_a_cell_that_is_no_text_is_refused_with_its_column() -> None:
    import pyarrow

    broken = pyarrow.array([b"\xff"], type=pyarrow.binary()).view(pyarrow.string())
    assert "column a: it cannot be read" in refusal(as_parquet(a=broken), "a.parquet")


def test_a_damaged_parquet_ends_nobody() -> None:
    data = as_parquet(id=[f"c{n}" for n in range(50)], right=[0, 1] * 25)
    chance = random.Random(7)
    for _ in range(300):
        spoilt = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            spoilt[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(Invalid):
            everything(bytes(spoilt), "a.parquet")


def test_a_table_without_any_row_has_no_names_and_says_so() -> None:
    assert "it has no rows" in refusal(b"", "a.jsonl")


@pytest.mark.parametrize("depth", [400, 700, 3000])
def test_json_that_is_nested_without_end_is_refused_or_read(depth: int) -> None:
    line = b'{"id": 1, "a": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    with suppress(Invalid):
        assert everything(line, "a.jsonl")


@pytest.mark.parametrize("line", [b'{"s": {"x": 0}, "s.x": 1}', b'{"s.x": 1, "s": {"x": 0}}'])
def test_a_member_and_one_within_another_may_not_have_one_name(line: bytes) -> None:
    assert "'s.x' appears twice" in refusal(line, "a.jsonl")


def test_a_blank_line_of_a_csv_says_nothing() -> None:
    assert everything(b"a,b\n1,2\n\n", "a.csv") == [{"a": ["1"], "b": ["2"]}]


def test_of_a_sample_no_long_text_is_kept_and_no_explanation() -> None:
    [rows] = everything(archive(sample(short="a", long="x" * 10_000)), "a.eval")
    assert rows["metadata.short"] == ["a"]
    assert len(rows["metadata.long"][0]) == inspect_log.SHORT
    assert rows["scores.s"] == [1]


def test_a_sample_that_stands_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(sample(), sample(), names=("samples/1.json", "samples/1.json"))
    assert "a sample stands twice" in refusal(twice, "a.eval")


def test_an_archive_whose_directory_is_too_long_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_log, "MOST_OF_A_DIRECTORY", 100)
    assert "its directory has over 100 bytes" in refusal(archive(*[sample()] * 5), "a.eval")
