"""What every format comes to: rows of plain cells, each with the place where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from governance.errors import Invalid, Problem

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_PROBLEMS = 20
LARGEST_FIGURE = 15
"""Exponent of ten of the largest figure that is compared with anything."""

Cell = str | Decimal | bool | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows by column, members of nested objects as `outer.inner`. Lists are left out: no cell can hold one.

    `is_typed` is False where every cell is text. `claims` are figures that the file states of itself, by the column
    that they sum up; `measured_at` is when it says that the evaluation began.
    """

    rows: Sequence[Row]
    places: Sequence[str]
    is_typed: bool = True
    claims: Mapping[str, str] = field(default_factory=dict)
    measured_at: datetime | None = None


def exact(text: str | bytes) -> Any:
    """Return the value of JSON with every number as a Decimal. Raises ValueError for what is none, NaN and infinity
    included, and for an object that has a member twice."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant, object_pairs_hook=_members
        )
    except (RecursionError, ArithmeticError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """Return the plain members of an object and of the objects in it, named `outer.inner`."""
    found: dict[str, Cell] = {}
    for name, member in value.items():
        if isinstance(member, Mapping):
            found |= flat(member, f"{prefix}{name}.")
        elif not isinstance(member, list):
            found[f"{prefix}{name}"] = member
    return found


def figure(value: Any) -> str | None:
    """Return a number that a file states of itself as text; None for what is none, or beyond all measure."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return str(number) if number.is_finite() and abs(number.adjusted()) <= LARGEST_FIGURE else None


def check_size(data: bytes) -> None:
    """Raise Invalid for a file of more bytes than are read at once."""
    if len(data) > MOST_BYTES:
        raise unreadable("file", f"it has {len(data)} bytes; the most is {MOST_BYTES}.", "Split the evaluation.")


def check_rows(rows: int) -> None:
    """Raise Invalid for a file without rows, or with more than are read at once."""
    if not rows:
        raise unreadable("file", "it has no rows.", "Give one row for each case.")
    if rows > MOST_ROWS:
        raise unreadable("file", f"it has {rows} rows; the most is {MOST_ROWS}.", "Split the evaluation.")


def unreadable(where: str, what: str, remedy: str) -> Invalid:
    """Return the refusal of a table for one reason."""
    return refused([Problem(where, what, remedy)])


def refused(problems: Sequence[Problem]) -> Invalid:
    """Return the refusal of a table for each of its first problems."""
    more = f" And {len(problems) - MOST_PROBLEMS} more." if len(problems) > MOST_PROBLEMS else ""
    message = f"The per-case table cannot be used. {problems[0]}{more}"
    return Invalid(message, code="cases-unusable", problems=tuple(problems[:MOST_PROBLEMS]))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a measurement")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice in one object")
    return members
