"""Reads the per-case table that a run logged, and measures it anew. Pure: bytes in, observations out.

The table is what `mlflow.log_table` writes: {"columns": [...], "data": [[...], ...]}, one row for each case and metric.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from governance import canonical
from governance.errors import Invalid, Problem
from governance.evidence.records import EVERYWHERE, CaseRecord

REQUIRED = ("case_id", "metric", "value", "context")
MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_COLUMNS = 64
MOST_PROBLEMS = 20
LARGEST_EXPONENT = 15
LONGEST_TEXT = 256

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def read_cases(data: bytes) -> tuple[CaseRecord, ...]:
    """Return the cases of a per-case table, in the table's order.

    Columns other than `case_id`, `metric`, `value` and `context` are attributes, which population selectors read.
    Raises Invalid that names each row (from 1) and column that is wrong, and what to do about it.
    """
    table = _parse(data)
    columns = _columns(table)
    rows = _rows(table, columns)
    problems: list[Problem] = []
    _check_kinds(columns, rows, problems)
    records = tuple(_record(columns, row, number, problems) for number, row in enumerate(rows, start=1))
    _check_repeats(records, problems)
    if problems:
        raise _refused(problems)
    return records


def values_digest(records: Sequence[CaseRecord]) -> str:
    """Return the digest of what was measured: case ids with their values, in any order of the rows."""
    return canonical.digest(sorted([record.case_id, record.context, str(record.value)] for record in records))


def beside_the_point(records: Sequence[CaseRecord], *, metrics: Collection[str], contexts: Collection[str]) -> Invalid:
    """Return the refusal of cases of which none says anything about `metrics` in `contexts`: a misspelt name must not
    pass for evidence that is missing."""
    recorded, places = {record.metric for record in records}, {record.context for record in records}
    if not recorded & set(metrics):
        near = [found for name in recorded for found in difflib.get_close_matches(name, metrics, n=1)]
        remedy = f"Did you mean {near[0]!r}?" if near else "Log a metric by the name that the specification gives it."
        what = f"the table records {_named(recorded)}, and the specification asks for {_named(metrics)}."
        return _refused([Problem("column metric", what, remedy)])
    if not places & {*contexts, EVERYWHERE}:
        what = f"the table's contexts are {_named(places)}, and the system's are {_named(contexts)}."
        return _refused([Problem("column context", what, f"Name one of them, or {EVERYWHERE} for all.")])
    what = "no case that is asked for belongs to any group that is asked for."
    return _refused([Problem("attributes", what, "Log the columns and values by which the groups are told.")])


def _named(names: Collection[str]) -> str:
    shown = sorted(names)[:MOST_PROBLEMS]
    return ", ".join(name[:64] for name in shown) + (" and more" if len(names) > len(shown) else "")


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        what = f"the table has {len(data)} bytes; the most is {MOST_BYTES}."
        raise _refused([Problem("table", what, "Split the evaluation into runs.")])
    try:
        table = json.loads(
            data.decode("utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_members,
        )
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise _refused([Problem("table", f"this is not JSON: {error}.", "Log it with mlflow.log_table.")]) from error
    if not isinstance(table, dict) or set(table) != {"columns", "data"}:
        what = 'the table is not an object with exactly "columns" and "data".'
        raise _refused([Problem("table", what, "Log it with mlflow.log_table.")])
    return table


def _no_constant(name: str) -> None:
    what = f"{name} is not a measurement."
    raise _refused([Problem("column value", what, "Leave the case out, and say in the run why it has no value.")])


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice in one object")
    return members


def _columns(table: Mapping[str, Any]) -> list[str]:
    columns = table["columns"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise _refused([Problem("columns", "this is not a list of column names.", "Log it with mlflow.log_table.")])
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
        raise _refused(problems)
    return columns


def _missing(name: str, columns: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(name, columns, n=1)
    remedy = f"Rename {near[0]!r} to {name!r}." if near else f"Add the column {name!r}."
    return Problem(f"column {name}", "the column is missing.", remedy)


def _rows(table: Mapping[str, Any], columns: Sequence[str]) -> list[list[Any]]:
    rows = table["data"]
    if not isinstance(rows, list) or not rows:
        raise _refused([Problem("data", "the table has no rows.", "Log one row for each case and metric.")])
    if len(rows) > MOST_ROWS:
        raise _refused([Problem("data", f"{len(rows)} rows; the most is {MOST_ROWS}.", "Split the evaluation.")])
    problems = [
        Problem(f"row {number}", f"the row is not a list of {len(columns)} values.", "Give one value per column.")
        for number, row in enumerate(rows, start=1)
        if not isinstance(row, list) or len(row) != len(columns)
    ]
    if problems:
        raise _refused(problems)
    return rows


def _check_kinds(columns: Sequence[str], rows: Sequence[Sequence[Any]], problems: list[Problem]) -> None:
    for index, column in enumerate(columns):
        first: str | None = None
        for number, row in enumerate(rows, start=1):
            kind = _kind(row[index])
            first = first or kind
            if kind not in (None, first):
                what = f"this is a {kind}, and the column began with a {first}."
                problems.append(Problem(f"row {number}, column {column}", what, "Use one type in a column."))
                break


def _kind(value: Any) -> str | None:
    if value is None:
        return None
    kinds = {str: "text", bool: "truth value", Decimal: "number"}
    return kinds.get(type(value), "list or object")


def _record(columns: Sequence[str], row: Sequence[Any], number: int, problems: list[Problem]) -> CaseRecord:
    cells = dict(zip(columns, row, strict=True))
    for name in ("case_id", "metric", "context"):
        if as_text(cells[name]) in (None, ""):
            problems.append(Problem(f"row {number}, column {name}", "there is no value.", "Give one in every row."))
    for name, cell in cells.items():
        if name != "value" and not _is_plain(cell):
            what = f"this is not a plain value of at most {LONGEST_TEXT} printable characters."
            problems.append(Problem(f"row {number}, column {name}", what, "Use short text, a number or a truth value."))
    return CaseRecord(
        case_id=as_text(cells["case_id"]) or "",
        metric=as_text(cells["metric"]) or "",
        value=_value(cells["value"], number, problems),
        context=as_text(cells["context"]) or "",
        attributes={name: as_text(cell) for name, cell in cells.items() if name not in REQUIRED},
    )


def _is_plain(cell: Any) -> bool:
    text = as_text(cell) or ""
    return _kind(cell) != "list or object" and len(text) <= LONGEST_TEXT and text.isprintable()


def _value(cell: Any, number: int, problems: list[Problem]) -> Decimal:
    value = Decimal(cell) if isinstance(cell, bool) else cell
    if isinstance(value, Decimal) and (not value or (value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT)):
        return value.normalize() + 0
    where = f"row {number}, column value"
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


def _check_repeats(records: Sequence[CaseRecord], problems: list[Problem]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for number, record in enumerate(records, start=1):
        first = seen.setdefault((record.case_id, record.metric, record.context), number)
        if first != number:
            what = (
                f"case {record.case_id!r} already has {record.metric!r} in context {record.context!r} in row {first}."
            )
            problems.append(Problem(f"row {number}, column case_id", what, "Keep one row for each case and metric."))


def _refused(problems: Sequence[Problem]) -> Invalid:
    more = f" And {len(problems) - MOST_PROBLEMS} more." if len(problems) > MOST_PROBLEMS else ""
    shown = tuple(problems[:MOST_PROBLEMS])
    message = f"The per-case table cannot be used. {shown[0]}{more}"
    return Invalid(message, code="cases-unusable", problems=shown)
