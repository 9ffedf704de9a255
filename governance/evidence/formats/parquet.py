"""Parquet files, by Apache Arrow. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from governance.evidence.formats.table import Cell, Row, Table, check_rows, check_size, flat, unreadable

MOST_UNPACKED = 256 * 1024 * 1024
ROWS_AT_ONCE = 1024


def read(data: bytes) -> Table:
    """Return the rows of a file. Raises Invalid for what is no Parquet, or unpacks to too much."""
    check_size(data)
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(data))
        check_rows(file.metadata.num_rows)
        plain = [field.name for field in file.schema_arrow if not pyarrow.types.is_nested(field.type)]
        plain += [field.name for field in file.schema_arrow if pyarrow.types.is_struct(field.type)]
        rows = [row for batch in _unpacked(file, plain) for row in map(_row, batch.to_pylist())]
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise unreadable("file", f"this is no Parquet: {error}.", "Write it with pyarrow or pandas.") from error
    return Table(rows=rows, places=[f"row {number}" for number in range(1, len(rows) + 1)])


def _unpacked(file: Any, columns: list[str]) -> Iterator[Any]:
    """Yield the rows in parts, and stop before they are too much: a dictionary of one long text unpacks without end."""
    size = 0
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=columns):
        # A dictionary counts once in Arrow's own figure, and for each row once it is unpacked.
        size += sum((c.dictionary_decode() if hasattr(c, "dictionary_decode") else c).nbytes for c in batch.columns)
        if size > MOST_UNPACKED:
            raise unreadable("file", f"it unpacks to over {MOST_UNPACKED} bytes.", "Split the evaluation.")
        yield batch


def _row(row: Mapping[str, Any]) -> Row:
    return {name: _cell(cell) for name, cell in flat(row).items()}


def _cell(cell: Any) -> Cell:
    if isinstance(cell, float):
        return Decimal(repr(cell))
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell)
    return cell if cell is None or isinstance(cell, str | bool | Decimal) else str(cell)
