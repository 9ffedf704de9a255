"""The lines of a text file, some thousands at a time, so that no file need be in memory. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO

from governance.evidence.formats.table import ROWS_AT_ONCE, unreadable

LONGEST_LINE = 8 * 1024 * 1024
BYTES_AT_ONCE = 32 * 1024 * 1024


def lines(file: IO[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lines of a file with their numbers, empty ones left out: always cut in the same places. Raises Invalid
    for a line of more than LONGEST_LINE bytes."""
    file.seek(0)
    found: list[tuple[int, bytes]] = []
    size = 0
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            raise unreadable(f"line {number}", f"it has over {LONGEST_LINE} bytes.", "Leave out what is not measured.")
        if not line.isspace():
            found.append((number, line))
            size += len(line)
        if len(found) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
            yield found
            found, size = [], 0
    if found:
        yield found
