"""Makes cases of rows, one for each case and metric, and says of every row that is none where it stands. Pure.

What becomes such rows, and how, is told in `governance.evidence.formats`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from governance import canonical
from governance.errors import Problem
from governance.evidence import repeats
from governance.evidence.formats.table import refused
from governance.evidence.records import CaseRecord

REQUIRED = ("case_id", "metric", "value", "context")
MOST_COLUMNS = 64
LARGEST_EXPONENT = 15
LONGEST_TEXT = 256
MOST_KEPT = 10_000
"""Texts that are kept once while a table is read."""
KINDS: Mapping[type, str] = {str: "text", bool: "truth value", Decimal: "number"}
PLAIN = frozenset({*KINDS, type(None)})

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def cases(columns: Sequence[str], rows: Sequence[Sequence[Any]], places: Sequence[str]) -> tuple[CaseRecord, ...]:
    """Return the cases of `rows`, each with a cell for every one of `columns`: text, Decimal, truth value or None.

    Columns other than REQUIRED are attributes, which population selectors read. `places` says for each row where it
    stands. Raises Invalid that names each place and column that is wrong, and what to do about it.
    """
    problems: list[Problem] = []
    _check_kinds(columns, rows, places, problems)
    make = _Maker(columns, problems)
    records = tuple(make.record(row, place) for row, place in zip(rows, places, strict=True))
    _check_repeats(records, places, problems)
    if problems:
        raise refused(problems)
    return records


def values_digest(records: Sequence[CaseRecord]) -> str:
    """Return the digest of what was measured: case ids with their values, in any order of the rows."""
    found = sorted([record.case_id, record.context, str(record.value)] for record in records)
    return canonical.digest_bytes(canonical.encode_entry(found))


def check_columns(columns: Sequence[str]) -> None:
    """Raise Invalid that names each column that is missing, unusable or there twice."""
    problems = [_missing(name, columns) for name in REQUIRED if name not in columns]
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        problems.append(Problem(f"column {name}", "the column appears twice.", "Keep one of them."))
    for name in columns:
        if not _COLUMN.fullmatch(name):
            remedy = "Start with a letter; use letters, digits, _ and -; at most 64 characters."
            problems.append(Problem(f"column {name[:64]!r}", "this is no column name.", remedy))
    if len(columns) > MOST_COLUMNS:
        problems.append(Problem("columns", f"{len(columns)} columns; the most is {MOST_COLUMNS}.", "Log fewer."))
    if problems:
        raise refused(problems)


def _missing(name: str, columns: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(name, columns, n=1)
    remedy = f"Rename {near[0]!r} to {name!r}." if near else f"Add the column {name!r}."
    return Problem(f"column {name}", "the column is missing.", remedy)


def _check_kinds(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], places: Sequence[str], problems: list[Problem]
) -> None:
    for index, column in enumerate(columns):
        first: str | None = None
        for place, row in zip(places, rows, strict=True):
            kind = _kind(row[index])
            first = first or kind
            if kind not in (None, first):
                what = f"this is a {kind}, and the column began with a {first}."
                problems.append(Problem(f"{place}, column {column}", what, "Use one type in a column."))
                break


def _kind(value: Any) -> str | None:
    if value is None:
        return None
    return KINDS.get(type(value), "list or object")


class _Maker:
    """Makes records of rows. Cells that are alike become one text, and rows with the same attributes share them: most
    of a table is a few words, over and over."""

    def __init__(self, columns: Sequence[str], problems: list[Problem]) -> None:
        self._problems = problems
        self._places = {name: columns.index(name) for name in REQUIRED}
        self._others = [(name, index) for index, name in enumerate(columns) if name not in REQUIRED]
        self._texts: dict[tuple[type, Any], tuple[str | None, bool]] = {}
        self._attributes: dict[tuple[str | None, ...], Mapping[str, str | None]] = {}

    def record(self, row: Sequence[Any], place: str) -> CaseRecord:
        """Return the record of a row; what is wrong with it is added to the problems."""
        found = {name: self._text(row[index], name, place) for name, index in self._places.items() if name != "value"}
        for name, text in found.items():
            if not text:
                self._problem(place, name, "there is no value.", "Give one in every row.")
        others = tuple(self._text(row[index], name, place) for name, index in self._others)
        if others not in self._attributes:
            self._attributes[others] = dict(zip((name for name, _ in self._others), others, strict=True))
        return CaseRecord(
            case_id=found["case_id"] or "",
            metric=found["metric"] or "",
            value=_value(row[self._places["value"]], place, self._problems),
            context=found["context"] or "",
            attributes=self._attributes[others],
        )

    def _text(self, cell: Any, column: str, place: str) -> str | None:
        key = (type(cell), cell) if type(cell) in PLAIN else (type(cell), None)
        found = self._texts.get(key)
        if found is None:
            found = as_text(cell), _is_plain(cell)
            if len(self._texts) < MOST_KEPT and type(cell) in PLAIN:
                self._texts[key] = found
        if not found[1]:
            what = f"this is not a plain value of at most {LONGEST_TEXT} printable characters."
            self._problem(place, column, what, "Use short text, a number or a truth value.")
        return found[0]

    def _problem(self, place: str, column: str, what: str, remedy: str) -> None:
        self._problems.append(Problem(f"{place}, column {column}", what, remedy))


def _is_plain(cell: Any) -> bool:
    text = as_text(cell) or ""
    return _kind(cell) != "list or object" and len(text) <= LONGEST_TEXT and text.isprintable()


def _value(cell: Any, place: str, problems: list[Problem]) -> Decimal:
    value = Decimal(cell) if isinstance(cell, bool) else cell
    if isinstance(value, Decimal) and (not value or (value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT)):
        return value.normalize() + 0
    where = f"{place}, column value"
    remedy = "Give 0 or 1 for a proportion, else a finite number; leave a case without a value out."
    problems.append(Problem(where, f"{_shown(cell)} is not a measurement.", remedy))
    return Decimal(0)


def _shown(cell: Any) -> str:
    return "an empty value" if cell is None else repr(cell if isinstance(cell, str) else str(cell))[:40]


def as_text(cell: Any) -> str | None:
    """Return a cell as the text that selectors compare: text as it is, numbers in plain form
    (1.0 is 1), truth values as true and false."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal) and abs(cell.adjusted()) <= LONGEST_TEXT:
        return format(cell.normalize() + 0, "f")
    return str(cell)


def _check_repeats(records: Sequence[CaseRecord], places: Sequence[str], problems: list[Problem]) -> None:
    seen: dict[Hashable, str] = {}
    for place, record in zip(places, records, strict=True):
        key = (record.metric, repeats.identity(record))
        if key in seen:
            what = (
                f"case {record.case_id!r} already has {record.metric!r} in context {record.context!r} in {seen[key]}."
            )
            problems.append(Problem(f"{place}, column case_id", what, "Keep one row for each case and metric."))
        seen.setdefault(key, place)
