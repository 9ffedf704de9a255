"""JSON lines: one object on each line. Pure."""

from __future__ import annotations

from governance.errors import Problem
from governance.evidence.formats.table import Table, check_rows, check_size, exact, flat, refused

REMEDY = "Write one JSON object on each line, in UTF-8."


def read(data: bytes) -> Table:
    """Return the rows of a file. Raises Invalid that names each line that holds no object."""
    check_size(data)
    rows, places, problems = [], [], []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = exact(line)
            if not isinstance(row, dict):
                raise ValueError("it is no object")
        except ValueError as error:
            problems.append(Problem(f"line {number}", f"this cannot be read: {error}.", REMEDY))
        else:
            rows.append(flat(row))
            places.append(f"line {number}")
    if problems:
        raise refused(problems)
    check_rows(len(rows))
    return Table(rows=rows, places=places)
