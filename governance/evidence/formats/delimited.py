"""CSV (RFC 4180) with a header. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from governance.errors import Problem
from governance.evidence.formats.table import Table, check_rows, check_size, refused, unreadable

if TYPE_CHECKING:
    import _csv

MOST_COLUMNS = 512
REMEDY = "Write a header and one line for each case, in UTF-8, as RFC 4180 says."


def read(data: bytes) -> Table:
    """Return the rows of a file, every cell as text, empty ones as None. Raises Invalid that names each line that has
    more or fewer cells than the header."""
    check_size(data)
    try:
        return _read(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise unreadable("file", f"it is no UTF-8: {error.reason} at byte {error.start}.", REMEDY) from error


def _read(lines: _csv.Reader) -> Table:
    rows, places, problems = [], [], []
    try:
        header: list[str] = next(lines, [])
        if len(set(header)) != len(header) or not all(header):
            raise unreadable("line 1", "a column has no name, or the name of another one.", "Name each once.")
        if len(header) > MOST_COLUMNS:
            raise unreadable("line 1", f"{len(header)} columns; the most is {MOST_COLUMNS}.", "Leave some out.")
        for cells in lines:
            place = f"line {lines.line_num}"
            if len(cells) != len(header):
                what = f"{len(cells)} cells, and the header has {len(header)}."
                problems.append(Problem(place, what, "Quote cells that hold a comma."))
            else:
                rows.append({name: cell or None for name, cell in zip(header, cells, strict=True)})
                places.append(place)
    except csv.Error as error:
        raise unreadable(f"line {lines.line_num}", f"this is no CSV: {error}.", REMEDY) from error
    if problems:
        raise refused(problems)
    check_rows(len(rows))
    return Table(rows=rows, places=places, is_typed=False)
