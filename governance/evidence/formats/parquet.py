"""Parquet files, by Apache Arrow. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import IO, Any

from governance.evidence.formats.table import (
    ROWS_AT_ONCE,
    Batch,
    Cell,
    Table,
    check_rows,
    size_of,
    unreadable,
)

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes that the rows of one batch may take."""
BUFFER = 1024 * 1024
"""Bytes that are read of a column at once, where a whole part of the file would be."""
REMEDY = "Write it with pyarrow or pandas."


def read(file: IO[bytes]) -> Table:
    """Return the rows of a file. Raises Invalid for what is no Parquet; the table, for what unpacks to too much."""
    size = size_of(file)
    return Table(batches=lambda start: _readable(_batches(file, start, size=size)))


def _readable(batches: Iterator[Batch]) -> Iterator[Batch]:
    import pyarrow

    try:
        yield from batches
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise unreadable("file", f"this is no Parquet: {error}.", REMEDY) from error


def _batches(file: IO[bytes], start: int, *, size: int) -> Iterator[Batch]:
    from pyarrow import parquet, types

    file.seek(0)
    # Arrow would keep whole parts of the file in memory, and a buffer for each thread.
    read = partial(parquet.ParquetFile, file, buffer_size=BUFFER, pre_buffer=False)
    opened = read(read_dictionary=_dictionaries(read().metadata))
    rows = opened.metadata.num_rows
    check_rows(rows)
    plain = [f.name for f in opened.schema_arrow if not types.is_nested(f.type) or types.is_struct(f.type)]
    first = 0
    for number, batch in enumerate(opened.iter_batches(batch_size=ROWS_AT_ONCE, columns=plain, use_threads=False)):
        if number >= start:
            yield _batch(batch, first=first, end=size * (first + batch.num_rows) // rows)
        first += batch.num_rows


def _dictionaries(metadata: Any) -> list[str]:
    """Return the columns of texts that the file holds once each: Arrow would repeat a long one in every row before its
    weight could be asked."""
    chunks = (
        metadata.row_group(n).column(m) for n in range(metadata.num_row_groups) for m in range(metadata.num_columns)
    )
    return sorted(
        {
            chunk.path_in_schema
            for chunk in chunks
            if chunk.physical_type == "BYTE_ARRAY" and any("DICTIONARY" in name for name in chunk.encodings)
        }
    )


def _batch(batch: Any, *, first: int, end: int) -> Batch:
    columns = dict(_flat(batch.schema.names, batch.columns))
    if sum(map(_weight, columns.values())) > MOST_UNPACKED:
        raise unreadable("file", f"a part of it unpacks to over {MOST_UNPACKED} bytes.", "Leave out long texts.")
    return Batch(
        names=columns,
        cells=lambda name: _cells(columns[name]) if name in columns else [None] * batch.num_rows,
        size=batch.num_rows,
        place=lambda index: f"row {first + index + 1}",
        end=end,
    )


def _flat(names: list[str], arrays: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    import pyarrow

    for name, array in zip(names, arrays, strict=True):
        if pyarrow.types.is_struct(array.type):
            yield from _flat([field.name for field in array.type], array.flatten(), f"{prefix}{name}.")
        elif not pyarrow.types.is_nested(array.type):
            yield f"{prefix}{name}", array


def _weight(array: Any) -> int:
    """How many bytes the cells take: a dictionary holds each text once, and its cells repeat it."""
    from pyarrow import DictionaryArray, compute

    if not isinstance(array, DictionaryArray):
        return int(array.nbytes)
    try:
        longest = compute.max(compute.binary_length(array.dictionary)).as_py() or 0
    except NotImplementedError:
        longest = 8
    return len(array) * int(longest)


def _cells(array: Any) -> list[Cell]:
    from pyarrow import DictionaryArray

    cells = (array.dictionary_decode() if isinstance(array, DictionaryArray) else array).to_pylist()
    plain = (str, bool, int, float, Decimal, type(None))
    return cells if all(type(cell) in plain for cell in cells) else [c if type(c) in plain else str(c) for c in cells]
