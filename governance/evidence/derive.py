"""Metrics that a specification derives, case by case, from what the case table records. Pure.

So a question about some of the cases stays a question about cases: clarification recall is `asked` among the unclear
ones, over-asking is `asked` among the clear ones, and a hidden failure fails a mark among those that pass the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from governance.errors import Invalid, Problem
from governance.evidence import ingest, repeats
from governance.evidence.records import EVERYWHERE, CaseRecord
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


def _derived(
    measure: Measure, records: Sequence[CaseRecord], outcomes: Outcomes, known: set[str]
) -> Iterator[CaseRecord]:
    if measure.metric in known:
        raise _unusable(f"the table records {measure.metric!r}, which the specification derives.", "Rename its rows.")
    if measure.of not in known:
        return
    for name in {among.metric for among in measure.among if among.metric} - known:
        raise _unusable(f"the table records no {name!r}, which {measure.metric!r} asks for.", "Log it for each case.")
    for record in records:
        if record.metric == measure.of and all(_counts(among, record, outcomes) for among in measure.among):
            yield replace(record, metric=measure.metric, value=_value(measure, record))


def _counts(among: Among, record: CaseRecord, outcomes: Outcomes) -> bool:
    if among.column is not None:
        return _attribute(record, among.column) == among.equals
    places = (record.context, EVERYWHERE)
    found = [outcomes[key] for place in places if (key := (record.case_id, among.metric or "", place)) in outcomes]
    if not found:
        what = f"case {record.case_id!r} has {record.metric!r} and no {among.metric!r}, by which it would count."
        raise _unusable(what, "Log both for each case.")
    return ingest.as_text(found[0]) == among.equals


def _value(measure: Measure, record: CaseRecord) -> Decimal:
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


def _attribute(record: CaseRecord, column: str) -> str | None:
    if column not in record.attributes:
        raise _unusable(f"the table has no column {column!r}.", "Log it with the cases, or correct the measure.")
    return record.attributes[column]


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem("measures", what, remedy)
    return Invalid(f"A metric cannot be derived: {problem}", code="cases-unusable", problems=(problem,))
