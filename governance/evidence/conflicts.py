"""Cases on which two values part: the share of them, and what a tension comes to by it for each group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from governance.errors import Invalid, Problem
from governance.evidence import decimals
from governance.evidence.aggregation import Selector, select
from governance.evidence.records import EVERYBODY, CaseRecord, MeasuredSignal, Source
from governance.evidence.repeats import once_for_each_case
from governance.specs.clauses import Tension
from governance.specs.effective import EffectiveCriterion
from governance.specs.pairs import SHARE, Side, pairs


def of_tensions(
    records: Sequence[CaseRecord],
    tensions: Sequence[Tension],
    criteria: Sequence[EffectiveCriterion],
    groups: Mapping[str, Selector],
    *,
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return, for each pair of metrics of a tension of the share and each group for which both are asked, the share of
    cases on which they part; nothing where no case has both. `records` are those of the context.

    Raises Invalid as `share` does.
    """
    found: dict[tuple[str, ...], MeasuredSignal] = {}
    for pair in (pair for t in tensions if t.measure == SHARE for pair in pairs(t, criteria)):
        cases = [record for record in records if record.metric in (pair.first.metric, pair.second.metric)]
        population = select(cases, {} if pair.group == EVERYBODY else groups[pair.group])
        measured = share(population, pair.first, pair.second)
        if measured is not None:
            signal = MeasuredSignal(
                signal=SHARE,
                dimension=pair.first.dimension,
                metric=pair.first.metric,
                beside=pair.second.metric,
                group=pair.group,
                context=context,
                value=decimals.text(measured[0]),
                n=measured[1],
                source=source,
            )
            found.setdefault(signal.key, signal)
    return tuple(found.values())


def share(records: Sequence[CaseRecord], first: Side, second: Side) -> tuple[Fraction, int] | None:
    """Return the share of cases that came out well by one of two 0/1 metrics and badly by the other, of the cases that
    have both, and the number of these; each metric says by its direction what is well. Several ratings of a case are
    one. None where no case has both.

    Raises Invalid that names a case whose outcome is neither 0 nor 1.
    """
    one, other = (_came_out_well(records, side) for side in (first, second))
    both = one.keys() & other.keys()
    if not both:
        return None
    return Fraction(sum(one[case] != other[case] for case in both), len(both)), len(both)


def zero_or_one(record: CaseRecord) -> Decimal:
    """Return the outcome of a case. Raises Invalid that names it where it is neither 0 nor 1."""
    if record.value not in (0, 1):
        what = f"case {record.case_id!r} came out as {decimals.text(record.value)}, which neither holds nor fails."
        problem = Problem(f"metric {record.metric}", what, "Give 0 or 1, the same by everybody who rated the case.")
        message = f"An edge signal cannot be measured. {problem}"
        raise Invalid(message, code="neither-holds-nor-fails", problems=(problem,))
    return record.value


def _came_out_well(records: Sequence[CaseRecord], side: Side) -> dict[str, bool]:
    cases = once_for_each_case([record for record in records if record.metric == side.metric])
    return {case.case_id: (zero_or_one(case) == 1) == (side.direction == "higher") for case in cases}
