"""Cases that were rated by several people, or answered several times: many rows that are one case. Pure.

Ratings of one case depend on each other, so a case counts once in every figure, by the mean of its ratings within the
population that is asked about; how far they part is measured in `signals`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from governance.evidence import decimals
from governance.evidence.records import CaseRecord

RATER, ATTEMPT = "rater", "attempt"
"""The columns that say who rated a case, and which of several answers to it a row is about."""


def identity(record: CaseRecord) -> tuple[Hashable, ...]:
    """Return what no two rows of one metric may share."""
    attributes = record.attributes
    return record.case_id, record.context, attributes.get(RATER), attributes.get(ATTEMPT)


def are_repeated(records: Sequence[CaseRecord]) -> bool:
    """Say whether the table tells raters or attempts apart."""
    return bool(records) and (RATER in records[0].attributes or ATTEMPT in records[0].attributes)


def by_case(records: Iterable[CaseRecord]) -> dict[str, list[CaseRecord]]:
    """Return the rows of each case."""
    found: dict[str, list[CaseRecord]] = defaultdict(list)
    for record in records:
        found[record.case_id].append(record)
    return found


def once_for_each_case(records: Sequence[CaseRecord]) -> Sequence[CaseRecord]:
    """Return one row for each case of one metric, with the mean of its ratings, in nine digits."""
    if not are_repeated(records):
        return records
    return [replace(rows[0], value=_mean(rows)) for rows in by_case(records).values()]


def _mean(rows: Sequence[CaseRecord]) -> Decimal:
    if len({row.value for row in rows}) == 1:
        return rows[0].value
    return decimals.rounded(Fraction(sum(row.value for row in rows)) / len(rows))
