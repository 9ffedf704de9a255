"""Metrics that a specification derives, case by case, from what the case table records. Pure.

So a question about some of the cases stays a question about cases: clarification recall is `asked` among the unclear
ones, over-asking is `asked` among the clear ones, and a hidden failure fails a mark among those that pass the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from governance.errors import Invalid, Problem
from governance.evidence import decimals
from governance.evidence.aggregation import Selector, select, within
from governance.evidence.cases import NOTHING, Cases, Column, Numbers
from governance.evidence.records import EVERYBODY, EVERYWHERE, UNDEFINED, Measured, MeasuredSignal, Source
from governance.specs.clauses import Among, Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Mask, Rows


def numbers(measures: Sequence[Measure]) -> set[str]:
    """Return the columns that hold a probability."""
    return {measure.squared_error_of for measure in measures if measure.squared_error_of is not None}


def with_derived(cases: Cases, measures: Sequence[Measure]) -> Cases:
    """Return `cases` and, for each of `measures`, one more row for each case that counts for it.

    Raises Invalid when the table already records a derived metric, lacks a column or a metric that a measure names, or
    holds a probability that is none.
    """
    recorded = set(cases.metrics.texts)
    if cases.is_repeated and any(recorded & set(measure.sources) for measure in measures):
        raise _unusable("the table has several rows for a case.", "Bring what is derived in as a table of its own.")
    known = cases
    for measure in measures:
        cases = _derived(measure, known, cases)
    return cases


def undefined(
    cases: Cases,
    measures: Sequence[Measure],
    criteria: Sequence[Measured],
    groups: Mapping[str, Selector],
    *,
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return, for each derived metric and group that `criteria` ask for in a context, how many cases were looked at
    where none of them counts: a rate over nothing is undefined, and never nought. Derived rows are among the `cases`.
    """
    import numpy as np

    sources = {measure.metric: measure.sources[0] for measure in measures}
    asked = dict.fromkeys((c.dimension, c.metric, group) for c in criteria if c.metric in sources for group in c.groups)
    found = []
    for dimension, metric, group in asked:
        population = select(cases, {} if group == EVERYBODY else groups[group])
        looked_at, counting = (within(cases.of(name, context), population) for name in (sources[metric], metric))
        if len(looked_at) and not len(counting):
            number = len(np.unique(cases.case[looked_at]))
            about = {"dimension": dimension, "metric": metric, "group": group, "context": context}
            found.append(MeasuredSignal(signal=UNDEFINED, value="0", n=number, source=source, **about))
    return tuple(found)


def _derived(measure: Measure, known: Cases, cases: Cases) -> Cases:
    recorded = set(known.metrics.texts)
    if measure.metric in recorded:
        raise _unusable(f"the table records {measure.metric!r}, which the specification derives.", "Rename its rows.")
    if not recorded & set(measure.sources):
        return cases
    named = {*measure.sources, *(among.metric for among in measure.among if among.metric)}
    for name in sorted(named - recorded):
        raise _unusable(f"the table records no {name!r}, which {measure.metric!r} asks for.", "Log it for each case.")
    rows = cases.of(measure.sources[0])
    # Each condition may ask for what another one leaves out: a case that lacks it is named, unless it is out already.
    for among in measure.among:
        rows = rows[_counts(among, cases, rows)]
    return cases.with_derived(rows, metric=measure.metric, values=_values(measure, cases, rows))


def _counts(among: Among, cases: Cases, rows: Rows) -> Mask:
    if among.column is not None:
        return _column(cases, among.column).among({among.equals})[rows]
    import numpy as np

    return np.asarray(_outcomes(among.metric or "", cases, rows) == _as_number(among.equals))


def _outcomes(metric: str, cases: Cases, rows: Rows) -> NDArray[np.float64]:
    """What the cases of `rows` came to by another metric, in the same context or everywhere."""
    import numpy as np

    others = cases.of(metric)
    here, anywhere = (_partners(cases, rows, others, everywhere=everywhere) for everywhere in (False, True))
    found = np.where(here < 0, anywhere, here)
    lacking = rows[found < 0]
    if len(lacking):
        first = min(lacking, key=lambda row: cases.rows[row])
        what = (
            f"case {cases.named(first)!r} has {cases.metrics.text(first)!r} and no {metric!r}, by which it would count."
        )
        raise _unusable(what, "Log both for each case.")
    return cases.values[others[found]]


def _partners(cases: Cases, rows: Rows, others: Rows, *, everywhere: bool) -> NDArray[np.intp]:
    """Return for each of `rows` which of `others` is of its case, in its own context or `everywhere`; -1 for none."""
    import numpy as np

    contexts = cases.contexts.codes.astype(np.int64)
    wanted = contexts[rows]
    if everywhere:
        code = cases.contexts.code(EVERYWHERE)
        wanted = np.full(len(rows), NOTHING if code is None else code)
    width = len(cases.contexts.texts) + 1
    keys = cases.case[others].astype(np.int64) * width + contexts[others]
    order = np.argsort(keys, kind="stable")
    asked = cases.case[rows].astype(np.int64) * width + wanted
    at = np.searchsorted(keys[order], asked).clip(max=len(keys) - 1)
    return np.where(keys[order][at] == asked, order[at], -1)


def _values(measure: Measure, cases: Cases, rows: Rows) -> NDArray[np.float64]:
    import numpy as np

    if measure.misses_any_of:
        missed = [_is_missed(mark, cases, rows) for mark in measure.misses_any_of]
        return np.any(missed, axis=0).astype(np.float64, copy=False)  # type: ignore[no-any-return]
    outcomes = cases.values[rows]
    if measure.squared_error_of is None:
        return outcomes
    column = _column(cases, measure.squared_error_of)
    stated = column.values[rows] if isinstance(column, Numbers) else np.full(len(rows), np.nan)
    odd = ~((stated >= 0) & (stated <= 1)) | ~np.isin(outcomes, (0, 1))
    if odd.any():
        row = int(rows[odd.argmax()])
        outcome = decimals.text(float(cases.values[row]))
        what = f"case {cases.named(row)!r} has {column.text(row)!r} in {measure.squared_error_of!r}"
        raise _unusable(f"{what} and came out {outcome}.", "Give a probability from 0 to 1, and an outcome of 0 or 1.")
    return np.asarray((stated - outcomes) ** 2)


def _is_missed(mark: str, cases: Cases, rows: Rows) -> Mask:
    import numpy as np

    met = _outcomes(mark, cases, rows)
    odd = (met != 0) & (met != 1)
    if odd.any():
        row, value = int(rows[odd.argmax()]), decimals.text(float(met[odd.argmax()]))
        what = f"case {cases.named(row)!r} has {value} for the mark {mark!r}."
        raise _unusable(what, "A mark is met (1) or missed (0).")
    return np.asarray(met == 0)


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _column(cases: Cases, column: str) -> Column:
    if column not in cases.attributes:
        raise _unusable(f"the table has no column {column!r}.", "Log it with the cases, or correct the measure.")
    return cases.attributes[column]


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem("measures", what, remedy)
    return Invalid(f"A metric cannot be derived: {problem}", code="cases-unusable", problems=(problem,))
