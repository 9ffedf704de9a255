"""JSON lines: one object on each line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from governance.errors import Problem
from governance.evidence.formats.table import Batch, Row, Table, batch_of, counted, flat, quick, refused, size_of
from governance.evidence.formats.text import lines

REMEDY = "Write one JSON object on each line, in UTF-8."
MOST_MEMBERS = 4_096

Numbered = Sequence[tuple[int, bytes]]
"""Lines of a file with their numbers."""


def read(file: IO[bytes]) -> Table:
    """Return the rows of a file, which says of each line that holds no object."""
    size_of(file)
    return Table(batches=lambda start: counted(_batches(file, start), start=start))


def _batches(file: IO[bytes], start: int) -> Iterator[Batch]:
    for number, numbered in enumerate(lines(file)):
        if number >= start:
            yield _batch(numbered, end=file.tell())


def _checked(row: Row) -> Row:
    if len(row) > MOST_MEMBERS:
        raise ValueError(f"it has {len(row)} members, and the most is {MOST_MEMBERS}")
    return row


def _batch(numbered: Numbered, *, end: int) -> Batch:
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, line in numbered:
        try:
            row = quick(line)
            if not isinstance(row, dict):
                raise ValueError("it is no object")
            rows.append(_checked(flat(row)))
        except RecursionError:
            problems.append(Problem(f"line {number}", "this cannot be read: it is nested too deep.", REMEDY))
        except ValueError as error:
            problems.append(Problem(f"line {number}", f"this cannot be read: {error}.", REMEDY))
    if problems:
        raise refused(problems)
    return batch_of(rows, lambda index: f"line {numbered[index][0]}", end=end)
