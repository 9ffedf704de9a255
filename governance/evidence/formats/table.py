"""What every format comes to: rows of plain cells, some thousands at a time, each with the place where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import orjson

from governance.errors import Invalid, Problem

MOST_BYTES = 4 * 1024 * 1024 * 1024
MOST_AT_ONCE = 32 * 1024 * 1024
"""Bytes of a file that has to be in memory as a whole."""
MOST_ROWS = 12_000_000
"""Rows of a file, and values that are measured in it."""
ROWS_AT_ONCE = 20_000
MOST_PROBLEMS = 20
LARGEST_EXPONENT = 15
"""Power of ten of the largest figure that is measured, or compared with anything."""
LONG_NUMBER = re.compile(rb"[0-9]{19}")

Cell = str | int | float | Decimal | bool | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some rows of a table, by column: `cells` gives those of one name, None where a row has none, and `place` says
    where a row stands. `end` is how many bytes of the file had been read by then."""

    names: Collection[str]
    cells: Callable[[str], Sequence[Cell]]
    size: int
    place: Callable[[int], str]
    end: int = 0


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows by column, members of nested objects as `outer.inner`. Lists are left out: no cell can hold one.

    `batches` gives the rows from the batch with that number on, as often as it is asked, and raises Invalid that names
    each row of a batch that cannot be read. `is_typed` is False where every cell is text. `claims` are figures that the
    file states of itself, by the column that they sum up; `measured_at` is when it says that the evaluation began.
    """

    batches: Callable[[int], Iterator[Batch]]
    is_typed: bool = True
    claims: Mapping[str, str] = field(default_factory=dict)
    measured_at: datetime | None = None

    def names(self) -> Collection[str]:
        """Return the names of the columns, as the first rows have them."""
        first = next(self.batches(0), None)
        if first is None:
            check_rows(0)
        return first.names if first else ()


def batch_of(rows: Sequence[Row], place: Callable[[int], str], *, end: int = 0) -> Batch:
    """Return rows as a batch."""
    names = dict.fromkeys(name for row in rows for name in row)
    return Batch(names=names, cells=lambda name: [row.get(name) for row in rows], size=len(rows), place=place, end=end)


def batches_of(rows: Sequence[Row], places: Sequence[str]) -> Callable[[int], Iterator[Batch]]:
    """Return rows that are all in memory as a table gives them. Raises Invalid for none, or too many."""
    check_rows(len(rows))
    return lambda start: iter([batch_of(rows, places.__getitem__)][start:])


def counted(batches: Iterator[Batch], *, start: int) -> Iterator[Batch]:
    """Yield the batches. Raises Invalid for a table without rows, and once there are too many."""
    rows = 0
    for batch in batches:
        rows += batch.size
        check_rows(start + rows)
        yield batch
    check_rows(start + rows)


def exact(text: str | bytes) -> Any:
    """Return the value of JSON with every number as a Decimal. Raises ValueError for what is none, NaN and infinity
    included, and for an object that has a member twice."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant, object_pairs_hook=_members
        )
    except (RecursionError, ArithmeticError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def quick(text: bytes) -> Any:
    """Return the value of JSON as `exact` does, with numbers as Python has them: a fifth of the time for most lines."""
    # Beyond 64 bits it would make a whole number a nearby one.
    if LONG_NUMBER.search(text):
        return exact(text)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return exact(text)
    # A member that appears twice is lost in silence; each has a colon of its own, so that it shows in their number.
    return value if isinstance(value, dict) and text.count(b":") == _count(value) else exact(text)


def _count(value: Mapping[str, Any]) -> int:
    return len(value) + sum(_count(member) for member in value.values() if type(member) is dict)


def flat(value: Mapping[str, Any], prefix: str = "") -> Mapping[str, Cell]:
    """Return the plain members of an object and of the objects in it, named `outer.inner`. Raises ValueError for two of
    one name."""
    if not prefix and not any(type(member) in (dict, list) for member in value.values()):
        return value
    found: dict[str, Cell] = {}
    for name, member in value.items():
        more = flat(member, f"{prefix}{name}.") if isinstance(member, Mapping) else {f"{prefix}{name}": member}
        if twice := found.keys() & more.keys():
            raise ValueError(f"{min(twice)!r:.80} appears twice, as a member and within one")
        if not isinstance(member, list):
            found |= more
    return found


def figure(value: Any) -> str | None:
    """Return a number that a file states of itself as text; None for what is none, or beyond all measure."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return str(number) if number.is_finite() and abs(number.adjusted()) <= LARGEST_EXPONENT else None


def size_of(file: IO[bytes]) -> int:
    """Return how many bytes a file has. Raises Invalid for more than are ever read."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > MOST_BYTES:
        raise unreadable("file", f"it has {size} bytes; the most is {MOST_BYTES}.", "Split the evaluation.")
    return size


def whole(file: IO[bytes]) -> bytes:
    """Return all of a file. Raises Invalid for one of more bytes than are held at once."""
    size = size_of(file)
    if size > MOST_AT_ONCE:
        what = f"it has {size} bytes; the most in this format is {MOST_AT_ONCE}."
        raise unreadable("file", what, "Split the evaluation, or give JSON lines, CSV or Parquet.")
    return file.read()


def check_rows(rows: int) -> None:
    """Raise Invalid for a file without rows, or with more than are read."""
    if not rows:
        raise unreadable("file", "it has no rows.", "Give one row for each case.")
    if rows > MOST_ROWS:
        raise unreadable("file", f"it has over {MOST_ROWS} rows, or values in them.", "Split the evaluation.")


def unreadable(where: str, what: str, remedy: str) -> Invalid:
    """Return the refusal of a table for one reason."""
    return refused([Problem(where, what, remedy)])


def refused(problems: Sequence[Problem], *, found: int = 0) -> Invalid:
    """Return the refusal of a table for each of its first problems; `found` are all that there are, if not all are
    given."""
    left = max(found, len(problems)) - MOST_PROBLEMS
    more = f" And {left} more." if left > 0 else ""
    message = f"The per-case table cannot be used. {problems[0]}{more}"
    return Invalid(message, code="cases-unusable", problems=tuple(problems[:MOST_PROBLEMS]))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a measurement")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice in one object")
    return members
