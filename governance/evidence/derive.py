"""Metrics that a specification derives, case by case, from what the case table records. Pure.

So a question about some of the cases stays a question about cases: clarification recall is `asked` among the unclear
ones, over-asking is `asked` among the clear ones, and a hidden failure fails a mark among those that pass the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from governance.errors import Invalid, Problem
from governance.evidence import ingest, repeats
from governance.evidence.aggregation import Selector, select
from governance.evidence.records import (
    EVERYBODY,
    EVERYWHERE,
    UNDEFINED,
    CaseRecord,
    Measured,
    MeasuredSignal,
    Source,
)
from governance.specs.clauses import Among, Measure

Outcomes = dict[tuple[str, str, str], Decimal]


def with_derived(records: Sequence[CaseRecord], measures: Sequence[Measure]) -> tuple[CaseRecord, ...]:
    """Return `records` and, for each of `measures`, one more record for each case that counts for it.

    Raises Invalid when the table already records a derived metric, lacks a column or a metric that a measure names, or
    holds a probability that is none.
    """
    if measures and repeats.are_repeated(records):
        raise _unusable("the table has several rows for a case.", "Bring what is derived in as a table of its own.")
    outcomes = {(r.case_id, r.metric, r.context): r.value for r in records}
    known = {record.metric for record in records}
    derived = [found for measure in measures for found in _derived(measure, records, outcomes, known)]
    return (*records, *derived)


def undefined(
    records: Sequence[CaseRecord],
    measures: Sequence[Measure],
    criteria: Sequence[Measured],
    groups: Mapping[str, Selector],
    *,
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return, for each derived metric and group that `criteria` ask for, how many cases were looked at where none of
    them counts: a rate over nothing is undefined, and never nought. `records` are those of the context, derived ones
    among them."""
    sources = {measure.metric: measure.sources[0] for measure in measures}
    asked = dict.fromkeys((c.dimension, c.metric, group) for c in criteria if c.metric in sources for group in c.groups)
    cases: dict[str, list[CaseRecord]] = {name: [] for pair in sources.items() for name in pair}
    for record in records:
        if record.metric in cases:
            cases[record.metric].append(record)
    found = []
    for dimension, metric, group in asked:
        selector = {} if group == EVERYBODY else groups[group]
        looked_at = {record.case_id for record in select(cases[sources[metric]], selector)}
        if looked_at and not select(cases[metric], selector):
            about = {"dimension": dimension, "metric": metric, "group": group, "context": context}
            found.append(MeasuredSignal(signal=UNDEFINED, value="0", n=len(looked_at), source=source, **about))
    return tuple(found)


def _derived(
    measure: Measure, records: Sequence[CaseRecord], outcomes: Outcomes, known: set[str]
) -> Iterator[CaseRecord]:
    if measure.metric in known:
        raise _unusable(f"the table records {measure.metric!r}, which the specification derives.", "Rename its rows.")
    if not known & set(measure.sources):
        return
    named = {*measure.sources, *(among.metric for among in measure.among if among.metric)}
    for name in sorted(named - known):
        raise _unusable(f"the table records no {name!r}, which {measure.metric!r} asks for.", "Log it for each case.")
    for record in records:
        if record.metric == measure.sources[0] and all(_counts(among, record, outcomes) for among in measure.among):
            yield replace(record, metric=measure.metric, value=_value(measure, record, outcomes))


def _counts(among: Among, record: CaseRecord, outcomes: Outcomes) -> bool:
    if among.column is not None:
        return _attribute(record, among.column) == among.equals
    return ingest.as_text(_outcome(record, among.metric or "", outcomes)) == among.equals


def _outcome(record: CaseRecord, metric: str, outcomes: Outcomes) -> Decimal:
    """What the case of a record came to by another metric."""
    places = (record.context, EVERYWHERE)
    found = [outcomes[key] for place in places if (key := (record.case_id, metric, place)) in outcomes]
    if not found:
        what = f"case {record.case_id!r} has {record.metric!r} and no {metric!r}, by which it would count."
        raise _unusable(what, "Log both for each case.")
    return found[0]


def _value(measure: Measure, record: CaseRecord, outcomes: Outcomes) -> Decimal:
    if measure.misses_any_of:
        return Decimal(any(_is_missed(record, mark, outcomes) for mark in measure.misses_any_of))
    if measure.squared_error_of is None:
        return record.value
    text = _attribute(record, measure.squared_error_of)
    try:
        probability = Decimal(text or "")
    except InvalidOperation:
        probability = Decimal(-1)
    if not 0 <= probability <= 1 or record.value not in (0, 1):
        what = f"case {record.case_id!r} has {text!r} in {measure.squared_error_of!r} and came out {record.value}."
        raise _unusable(what, "Give a probability from 0 to 1, and an outcome of 0 or 1.")
    return (probability - record.value) ** 2


def _is_missed(record: CaseRecord, mark: str, outcomes: Outcomes) -> bool:
    met = _outcome(record, mark, outcomes)
    if met not in (0, 1):
        raise _unusable(f"case {record.case_id!r} has {met} for the mark {mark!r}.", "A mark is met (1) or missed (0).")
    return met == 0


def _attribute(record: CaseRecord, column: str) -> str | None:
    if column not in record.attributes:
        raise _unusable(f"the table has no column {column!r}.", "Log it with the cases, or correct the measure.")
    return record.attributes[column]


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem("measures", what, remedy)
    return Invalid(f"A metric cannot be derived: {problem}", code="cases-unusable", problems=(problem,))
