"""Whether a table of cases can be evidence: what Edgewise would refuse is named here, with row, case and column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from numbers import Number
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("model", "response", "interaction", "deployment")
REQUIRED = ("case_id", "metric", "value", "context")
SEVERAL = ("rater", "attempt")
"""Columns by which several rows of one case are told apart."""
EVERYWHERE = "*"
MOST_ROWS, MOST_COLUMNS, MOST_NAMED, LONGEST_TEXT = 12_000_000, 64, 20, 256
ENOUGH_PROBLEMS = 1_000
"""After so many the rest of the table is not looked at."""
SMALLEST, LARGEST, LARGEST_WHOLE = 1e-15, 1e16, 2**53
COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
METRIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
CONTEXT = re.compile(r"(?=.{1,200}\Z)[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*|\*")

TEXT, NUMBER, TRUTH = "text", "number", "truth value"
_KINDS = {
    "string": TEXT,
    "empty": TEXT,
    "integer": NUMBER,
    "floating": NUMBER,
    "mixed-integer-float": NUMBER,
    "decimal": NUMBER,
    "boolean": TRUTH,
}


class Unusable(ValueError):
    """Something that Edgewise would refuse; `problems` names each place, and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f"\n… and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
        super().__init__("\n".join(problems[:MOST_NAMED]) + more)
        self.problems = tuple(problems)


def checked(
    cases: pd.DataFrame | Iterable[Mapping[str, Any]], *, level: str, proportions: Collection[str] = ()
) -> pd.DataFrame:
    """Return the cases as a table. Raises Unusable for what Edgewise would refuse, whatever the specification asks,
    and for other values than 0 and 1 of the metrics that are `proportions`."""
    import pandas as pd

    table = pd.DataFrame(cases if isinstance(cases, pd.DataFrame) else list(cases)).reset_index(drop=True)
    _refuse(_wrong_form(table, level=level))
    kinds = {name: kind_of(table[name]) for name in table}
    _refuse(_wrong_kinds(table, kinds), _wrong_words(table, kinds), _wrong_values(table, kinds))
    _refuse(_wrong_cases(table), _wrong_proportions(table, proportions))
    # Numbers of several types, which no file holds in one column.
    return table.assign(value=_numbers(table["value"])) if table["value"].dtype == object else table


def kind_of(column: pd.Series[Any]) -> str:
    """Return the one kind of plain value in a column, nothing for several or for what is none."""
    import pandas as pd

    plain = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    if found := _KINDS.get(pd.api.types.infer_dtype(plain, skipna=True)):
        return found
    kinds = {*plain.dropna().map(_kind)}
    return str(kinds.pop()) if len(kinds) == 1 else ""


def means(table: pd.DataFrame) -> dict[str, float]:
    """Return the mean of each metric. A case that several rated, or that was answered several times, counts once, by
    the mean of its ratings in nine digits: as Edgewise counts it."""
    values = table.assign(value=_numbers(table["value"]), metric=table["metric"].astype(str))
    if any(name in table for name in SEVERAL):
        found = values.groupby(["metric", "case_id"], observed=True)["value"].agg(["min", "max", "mean"]).reset_index()
        rounded = found["mean"].map(lambda mean: float(f"{mean:.9g}"))
        values = found.assign(value=rounded.where(found["min"] != found["max"], found["min"]))
    return {name: math.fsum(rows["value"]) / len(rows) for name, rows in values.groupby("metric")}


def _refuse(*problems: Iterator[str]) -> None:
    if found := list(islice(chain(*problems), ENOUGH_PROBLEMS)):
        raise Unusable(found)


def _wrong_form(table: pd.DataFrame, *, level: str) -> Iterator[str]:
    names = [str(name) for name in table]
    if level not in LEVELS:
        yield f"level: {level!r}. Use one of {', '.join(LEVELS)}."
    if table.empty:
        yield "cases: there is none. Give a row for each case and metric."
        return
    if len(table) > MOST_ROWS:
        yield f"cases: {len(table)} rows; the most is {MOST_ROWS}. Split the evaluation."
    if len(names) > MOST_COLUMNS:
        yield f"columns: {len(names)}; the most is {MOST_COLUMNS}. Leave some out."
    yield from (f"column {name}: it is missing. Add it." for name in REQUIRED if name not in names)
    yield from (f"column {name}: it is there twice. Keep one." for name in sorted({*names}) if names.count(name) > 1)
    odd = [name for name in names if not COLUMN.fullmatch(name)]
    yield from (f"column {name[:64]!r}: this is no name. Use letters, digits, _ and -." for name in odd)


def _wrong_kinds(table: pd.DataFrame, kinds: Mapping[Any, str]) -> Iterator[str]:
    for name in (name for name, kind in kinds.items() if not kind):
        found = table[name].dropna().map(_kind)
        first = found.iloc[0] or TEXT
        row = int((found != first).idxmax())
        kind = f"a {found[row]}" if found[row] else "no text, number or truth value"
        yield f"{_place(table, row, name)}: this is {kind}, and the column began with a {first}. Use one kind of value."


def _wrong_words(table: pd.DataFrame, kinds: Mapping[Any, str]) -> Iterator[str]:
    for name in ("case_id", "metric", "context"):
        for row in _rows(table[name].isna() | (table[name].astype(str) == "")):
            yield f"{_place(table, row, name)}: there is no value. Give one in every row."
    yield from _odd(table, "metric", METRIC.fullmatch, "Use letters, digits, _, . and -, as the specification does.")
    yield from _odd(table, "context", CONTEXT.fullmatch, f"Name one (us/outreach/phone), or {EVERYWHERE} for all.")
    for name in ("case_id", *(name for name in SEVERAL if name in table)):
        yield from _odd(table, name, _is_word, f"Use at most {LONGEST_TEXT} printable characters.")
    if kinds["case_id"] == NUMBER:
        numbers = _numbers(table["case_id"])
        wrong = ~table["case_id"].isna() & ((numbers % 1 != 0) | (numbers.abs() >= LARGEST_WHOLE))
        yield from (f"{_place(table, r, 'case_id')}: this number tells no case apart. Use text." for r in _rows(wrong))


def _odd(table: pd.DataFrame, name: str, is_right: Callable[[str], Any], remedy: str) -> Iterator[str]:
    odd = [cell for cell in table[name].dropna().unique() if str(cell) and not is_right(str(cell))]
    for row in _rows(table[name].isin(odd)) if odd else ():
        yield f"{_place(table, row, name)}: {_shown(table[name].iloc[row])} cannot be read. {remedy}"


def _is_word(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and text.isprintable()


def _wrong_values(table: pd.DataFrame, kinds: Mapping[Any, str]) -> Iterator[str]:
    column = table["value"]
    if not kinds["value"]:
        return
    if kinds["value"] == TEXT:
        wrong = column.map(lambda _: True).astype(bool)
    else:
        numbers = _numbers(column)
        wrong = ~((numbers.abs() >= SMALLEST) & (numbers.abs() < LARGEST) | (numbers == 0))
    for row in _rows(wrong):
        remedy = "Give 0 or 1 for a proportion, else a finite number; leave a case without a value out."
        yield f"{_place(table, row, 'value')}: {_shown(column.iloc[row])} is not a measurement. {remedy}"


def _wrong_cases(table: pd.DataFrame) -> Iterator[str]:
    alike = ["case_id", "metric", "context", *(name for name in SEVERAL if name in table)]
    for row in _rows(table.duplicated(subset=alike)):
        metric, context = table["metric"].iloc[row], table["context"].iloc[row]
        what = f"the case has {metric!r} in context {context!r} already"
        yield f"{_place(table, row, 'case_id')}: {what}. Keep one row for each case and metric."
    everywhere = table["context"].astype(str) == EVERYWHERE
    if everywhere.any() and not everywhere.all():
        both = everywhere.groupby([table["case_id"], table["metric"]], observed=True).transform("any") & ~everywhere
        for row in _rows(both):
            what = f"the case has {table['metric'].iloc[row]!r} here and everywhere ({EVERYWHERE})"
            yield f"{_place(table, row, 'context')}: {what}. Keep one of the two rows."


def _wrong_proportions(table: pd.DataFrame, proportions: Collection[str]) -> Iterator[str]:
    known = {*table["metric"].astype(str)}
    for name in sorted({*proportions} - known):
        yield f"proportions, {name}: no row has this metric. There are: {', '.join(sorted(known))[:200]}."
    of_them = table["metric"].astype(str).isin([*proportions])
    for row in _rows(of_them & ~_numbers(table["value"]).isin([0, 1])):
        what = f"{_shown(table['value'].iloc[row])} for the proportion {table['metric'].iloc[row]!r}"
        yield f"{_place(table, row, 'value')}: {what}. Give 0 or 1, or ask the specification for a mean."


def _numbers(column: pd.Series[Any]) -> pd.Series[float]:
    import pandas as pd

    return pd.Series(column.to_numpy(dtype=float, na_value=math.nan), index=column.index)


def _rows(mask: pd.Series[bool]) -> list[int]:
    return [int(row) for row in mask.to_numpy(dtype=bool).nonzero()[0]]


def _place(table: pd.DataFrame, row: int, column: str) -> str:
    """Name a row as Edgewise does, which counts from 1."""
    return f"row {row + 1} (case {_shown(table['case_id'].iloc[row])}), column {column}"


def _shown(cell: Any) -> str:
    return repr(cell)[:40] if isinstance(cell, str) else str(cell)[:40]


def _kind(cell: Any) -> str:
    if isinstance(cell, str):
        return TEXT
    if isinstance(cell, bool) or type(cell).__name__ == "bool":  # NumPy's has the same name.
        return TRUTH
    return NUMBER if isinstance(cell, Number) and not isinstance(cell, complex) else ""
