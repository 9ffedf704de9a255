"""CSV (RFC 4180) with a header. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING

from governance.errors import Problem
from governance.evidence.formats.table import (
    ROWS_AT_ONCE,
    Batch,
    Table,
    counted,
    refused,
    size_of,
    unreadable,
)
from governance.evidence.formats.text import BYTES_AT_ONCE, LONGEST_LINE

if TYPE_CHECKING:
    import _csv

MOST_COLUMNS = 512
CELL_BYTES = 64
"""What a cell takes in memory beside its characters."""
REMEDY = "Write a header and one line for each case, in UTF-8, as RFC 4180 says."


def read(file: IO[bytes]) -> Table:
    """Return the rows of a file, every cell as text, empty ones as None, which says of each line that has more or fewer
    cells than the header."""
    size_of(file)
    return Table(batches=lambda start: counted(_batches(file, start), start=start), is_typed=False)


def _batches(file: IO[bytes], start: int) -> Iterator[Batch]:
    reader = csv.reader(_text(file), strict=True)
    header = _header(reader)
    number = 0
    while rows := _rows(reader, header):
        if number >= start:
            yield _batch(header, rows, end=file.tell())
        number += 1


def _text(file: IO[bytes]) -> Iterator[str]:
    file.seek(0)
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise unreadable(f"line {number}", f"it is no UTF-8: {error.reason}.", REMEDY) from error


def _header(reader: _csv.Reader) -> list[str]:
    header: list[str] = next(_read(reader, 1), (0, []))[1]
    if len(set(header)) != len(header) or not all(header):
        raise unreadable("line 1", "a column has no name, or the name of another one.", "Name each once.")
    if len(header) > MOST_COLUMNS:
        raise unreadable("line 1", f"{len(header)} columns; the most is {MOST_COLUMNS}.", "Leave some out.")
    return header


def _rows(reader: _csv.Reader, header: list[str]) -> list[tuple[int, list[str]]]:
    rows = list(_read(reader, ROWS_AT_ONCE))
    problems = [
        Problem(
            f"line {number}",
            f"{len(cells)} cells, and the header has {len(header)}.",
            "Quote cells that hold a comma.",
        )
        for number, cells in rows
        if len(cells) != len(header)
    ]
    if problems:
        raise refused(problems)
    return rows


def _read(reader: _csv.Reader, most: int) -> Iterator[tuple[int, list[str]]]:
    try:
        size = 0
        for cells in islice(reader, most):
            if not cells:
                continue  # A blank line says nothing, wherever it stands.
            yield reader.line_num, cells
            size += sum(map(len, cells)) + CELL_BYTES * len(cells)
            if size > BYTES_AT_ONCE:
                return
    except csv.Error as error:
        raise unreadable(f"line {reader.line_num}", f"this is no CSV: {error}.", REMEDY) from error


def _batch(header: list[str], rows: list[tuple[int, list[str]]], *, end: int) -> Batch:
    columns = dict(zip(header, zip(*(cells for _, cells in rows), strict=True), strict=True))
    return Batch(
        names=header,
        cells=lambda name: [cell or None for cell in columns[name]] if name in columns else [None] * len(rows),
        size=len(rows),
        place=lambda index: f"line {rows[index][0]}",
        end=end,
    )
