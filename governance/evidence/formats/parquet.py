"""Parquet files, by Apache Arrow. Pure."""

from __future__ import annotations

import os
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
MOST_COLUMNS = 512
REMEDY = "Write it with pyarrow or pandas."

# Arrow's own allocator sets a gigabyte aside at once, which the limit of `memory` would count.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def read(file: IO[bytes]) -> Table:
    """Return the rows of a file. Raises Invalid for what is no Parquet; the table, for what unpacks to too much."""
    size = size_of(file)
    return Table(batches=lambda start: _readable(_batches(file, start, size=size)))


def _readable(batches: Iterator[Batch]) -> Iterator[Batch]:
    import pyarrow

    try:
        yield from batches
    except MemoryError:
        raise  # Arrow's is one of its own errors too, and says nothing of the file.
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise unreadable("file", f"this is no Parquet: {error}.", REMEDY) from error
    finally:
        # Arrow keeps what it has freed for the next time, which is not to come.
        pyarrow.default_memory_pool().release_unused()


def _batches(file: IO[bytes], start: int, *, size: int) -> Iterator[Batch]:
    from pyarrow import parquet, types

    file.seek(0)
    # Arrow would keep whole parts of the file in memory, and a buffer for each thread.
    read = partial(parquet.ParquetFile, file, buffer_size=BUFFER, pre_buffer=False)
    metadata = read().metadata
    rows = metadata.num_rows
    check_rows(rows)
    _check_width(metadata)
    opened = read(read_dictionary=_texts(metadata))
    plain = [f.name for f in opened.schema_arrow if types.is_struct(f.type) or _is_plain(f.type)]
    at_once = _rows_at_once(metadata)
    first = 0
    for number, batch in enumerate(opened.iter_batches(batch_size=at_once, columns=plain, use_threads=False)):
        if number >= start:
            yield _batch(batch, first=first, end=size * (first + batch.num_rows) // rows)
        first += batch.num_rows


def _check_width(metadata: Any) -> None:
    if metadata.num_columns > MOST_COLUMNS:
        raise unreadable("file", f"{metadata.num_columns} columns; the most is {MOST_COLUMNS}.", "Leave some out.")


def _texts(metadata: Any) -> list[str]:
    """Return the columns of texts. They are read as dictionaries, since one that a file holds once Arrow would repeat
    in every row before its weight could be asked. Told by the schema alone: what stands at the parts of a damaged file
    ends the process that asks Arrow for it."""
    columns = (metadata.schema.column(number) for number in range(metadata.num_columns))
    return sorted({column.path for column in columns if column.physical_type == "BYTE_ARRAY"})


def _rows_at_once(metadata: Any) -> int:
    """Return how many rows come to no more than MOST_UNPACKED, by what the file says of its parts."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    row = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    if row > MOST_UNPACKED:
        raise unreadable("file", f"a row of it unpacks to over {MOST_UNPACKED} bytes.", "Leave out long texts.")
    return max(1, min(ROWS_AT_ONCE, MOST_UNPACKED // max(row, 1)))


def _is_plain(kind: Any) -> bool:
    from pyarrow import types

    # Bytes of a fixed size are no text and no number, and as large as a file says that they are.
    return not types.is_nested(kind) and not types.is_fixed_size_binary(kind)


def _batch(batch: Any, *, first: int, end: int) -> Batch:
    pairs = list(_flat(batch.schema.names, batch.columns))
    columns = dict(pairs)
    if twice := next((name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1), None):
        raise unreadable(f"column {twice[:80]}", "the column appears twice.", "Keep one of them.")
    if sum(map(_weight, columns.values())) > MOST_UNPACKED:
        raise unreadable("file", f"a part of it unpacks to over {MOST_UNPACKED} bytes.", "Leave out long texts.")
    return Batch(
        names=columns,
        cells=lambda name: _cells(name, columns[name]) if name in columns else [None] * batch.num_rows,
        size=batch.num_rows,
        place=lambda index: f"row {first + index + 1}",
        end=end,
    )


def _flat(names: list[str], arrays: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    import pyarrow

    for name, array in zip(names, arrays, strict=True):
        if pyarrow.types.is_struct(array.type):
            yield from _flat([field.name for field in array.type], array.flatten(), f"{prefix}{name}.")
        elif _is_plain(array.type):
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


def _cells(name: str, array: Any) -> list[Cell]:
    from pyarrow import ArrowException, DictionaryArray

    try:
        cells = (array.dictionary_decode() if isinstance(array, DictionaryArray) else array).to_pylist()
    except MemoryError:
        raise
    except (ArrowException, ValueError, OverflowError) as error:
        raise unreadable(f"column {name[:80]}", f"it cannot be read: {error}.", REMEDY) from error
    plain = (str, bool, int, float, Decimal, type(None))
    return cells if all(type(cell) in plain for cell in cells) else [c if type(c) in plain else str(c) for c in cells]
