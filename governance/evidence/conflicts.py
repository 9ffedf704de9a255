"""Cases on which two values part: the share of them, and what a tension comes to by it for each group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from governance.errors import Invalid, Problem
from governance.evidence import decimals, repeats
from governance.evidence.aggregation import Selector, select, within
from governance.evidence.cases import Cases
from governance.evidence.records import EVERYBODY, MeasuredSignal, Source
from governance.specs.clauses import Tension
from governance.specs.effective import EffectiveCriterion
from governance.specs.pairs import SHARE, Side, pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Mask, Rows


def of_tensions(
    cases: Cases,
    tensions: Sequence[Tension],
    criteria: Sequence[EffectiveCriterion],
    groups: Mapping[str, Selector],
    *,
    context: str,
    source: Source,
) -> tuple[MeasuredSignal, ...]:
    """Return, for each pair of metrics of a tension of the share and each group for which both are asked, the share of
    cases of a context on which they part; nothing where no case has both. Raises Invalid as `share` does.
    """
    found: dict[tuple[str, ...], MeasuredSignal] = {}
    for pair in (pair for t in tensions if t.measure == SHARE for pair in pairs(t, criteria)):
        population = select(cases, {} if pair.group == EVERYBODY else groups[pair.group])
        measured = share(cases, pair.first, pair.second, context=context, population=population)
        if measured is not None:
            signal = MeasuredSignal(
                signal=SHARE,
                dimension=pair.first.dimension,
                metric=pair.first.metric,
                beside=pair.second.metric,
                beside_dimension=pair.second.dimension,
                group=pair.group,
                context=context,
                value=decimals.text(measured[0]),
                n=measured[1],
                source=source,
            )
            found.setdefault(signal.key, signal)
    return tuple(found.values())


def share(
    cases: Cases, first: Side, second: Side, *, context: str, population: Mask | None = None
) -> tuple[Fraction, int] | None:
    """Return the share of cases that came out well by one of two 0/1 metrics and badly by the other, of the cases that
    have both in a context (or everywhere), and the number of these; each metric says by its direction what is well.
    Several ratings of a case are one. None where no case has both.

    Raises Invalid that names a case whose outcome is neither 0 nor 1.
    """
    import numpy as np

    (one, is_well), (other, is_also) = (
        _came_out_well(cases, side, context=context, population=population) for side in (first, second)
    )
    _, here, there = np.intersect1d(cases.case[one], cases.case[other], return_indices=True)
    if not len(here):
        return None
    return Fraction(int((is_well[here] != is_also[there]).sum()), len(here)), len(here)


def check_zero_or_one(cases: Cases, rows: Rows, values: NDArray[np.float64]) -> None:
    """Raise Invalid that names the first case of a metric whose outcome is neither 0 nor 1."""
    odd = ((values != 0) & (values != 1)).nonzero()[0]
    if len(odd):
        first = min(odd, key=lambda index: cases.rows[rows[index]])
        value = decimals.text(float(values[first]))
        what = f"case {cases.named(rows[first])!r} came out as {value}, which neither holds nor fails."
        where = f"metric {cases.metrics.text(rows[first])}"
        problem = Problem(where, what, "Give 0 or 1, the same by everybody who rated the case.")
        message = f"An edge signal cannot be measured. {problem}"
        raise Invalid(message, code="neither-holds-nor-fails", problems=(problem,))


def _came_out_well(cases: Cases, side: Side, *, context: str, population: Mask | None) -> tuple[Rows, Mask]:
    rows = cases.of(side.metric, context)
    rows, values = repeats.once_for_each_case(cases, rows if population is None else within(rows, population))
    check_zero_or_one(cases, rows, values)
    return rows, (values == 1) == (side.direction == "higher")
