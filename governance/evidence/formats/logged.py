"""The table that `mlflow.log_table` writes: {"columns": [...], "data": [[...], ...]}. Pure."""

from __future__ import annotations

from typing import IO, Any

from governance.errors import Problem
from governance.evidence.formats.table import Table, batches_of, check_rows, exact, refused, unreadable, whole

REMEDY = "Log it with mlflow.log_table."


def read(file: IO[bytes]) -> Table:
    """Return the rows of a table. Raises Invalid that names each row that has more or fewer cells than columns."""
    columns, rows = _split(whole(file))
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise unreadable(f"column {twice}", "the column appears twice.", "Keep one of them.")
    places = [f"row {number}" for number in range(1, len(rows) + 1)]
    return Table(batches=batches_of([dict(zip(columns, row, strict=True)) for row in rows], places))


def _split(data: bytes) -> tuple[list[str], list[list[Any]]]:
    try:
        table = exact(data.decode("utf-8"))
    except ValueError as error:
        raise unreadable("table", f"this cannot be read as JSON: {error}.", REMEDY) from error
    if not isinstance(table, dict) or set(table) != {"columns", "data"}:
        raise unreadable("table", 'this is not an object with exactly "columns" and "data".', REMEDY)
    columns, rows = table["columns"], table["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise unreadable("columns", "this is not a list of column names.", REMEDY)
    if not isinstance(rows, list):
        raise unreadable("data", "this is not a list of rows.", REMEDY)
    check_rows(len(rows))
    _check_lengths(columns, rows)
    return columns, rows


def _check_lengths(columns: list[str], rows: list[Any]) -> None:
    problems = [
        Problem(f"row {number}", f"the row is not a list of {len(columns)} values.", "Give one value per column.")
        for number, row in enumerate(rows, start=1)
        if not isinstance(row, list) or len(row) != len(columns)
    ]
    if problems:
        raise refused(problems)
