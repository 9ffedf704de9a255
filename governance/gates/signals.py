"""Edge signals: where values or people part, so that a number must not decide. Pure.

A signal over its threshold calls for deliberation and names the route; a signal that cannot be measured is never quiet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.evidence import decimals, measures
from governance.evidence.records import EVERYBODY, MeasuredSignal, ObservationData
from governance.gates.verdicts import INSUFFICIENT, NEEDS_DELIBERATION, PASS
from governance.specs.clauses import YieldRule
from governance.specs.effective import EffectiveCriterion

BETWEEN_GROUP_GAP = "between-group-gap"
NEEDS = {
    "vote-entropy": "cases that at least two people rated (column rater)",
    "rater-disagreement": "cases that at least two people rated (column rater)",
    "self-consistency-entropy": "cases that were answered at least twice (column attempt)",
    "abstention": "the column abstained",
    "labelled-ambiguity": "the column ambiguous",
    "calibration-error": "the column confidence",
    "conflicting-cases": "cases that have both metrics of a tension",
}
"""What the cases must hold for a signal to be measured."""
FEWEST_TO_RANK = 3
"""Two versions are always ranked alike or oppositely, which says nothing about the values."""
COMPARABLE = 2
"""Groups that one aggregate has to measure before there is a gap between them."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a yield rule found: `value` is None when it could not be measured; `verdict` is one of the gate's."""

    signal: str
    dimension: str
    metric: str
    value: Decimal | None
    over: Decimal
    verdict: str
    route: str
    reason: str
    why: str


def detect(
    criteria: Sequence[EffectiveCriterion],
    rules: Sequence[YieldRule],
    observations: Sequence[ObservationData],
    *,
    measured: Sequence[MeasuredSignal] = (),
) -> tuple[Signal, ...]:
    """Return a signal for each yield rule whose metric is judged here.

    `observations` are those the gate may use. The gap between groups is measured from them; every other signal is read
    from `measured`, where it was measured.
    """
    found = []
    for rule in rules:
        judged = [c for c in criteria if (c.dimension, c.metric) == (rule.dimension, rule.metric)]
        if judged and rule.signal == BETWEEN_GROUP_GAP:
            found.append(_gap_signal(rule, judged, observations))
        elif judged:
            found.append(_measured_signal(rule, measured))
    return tuple(found)


def metric_conflict(first: Mapping[str, Decimal], second: Mapping[str, Decimal]) -> float | None:
    """Return Kendall's tau-b of two dimensions' scores (higher is better) over the candidates that have both."""
    names = sorted(first.keys() & second.keys())
    return measures.kendall_tau([float(first[n]) for n in names], [float(second[n]) for n in names])


def _gap_signal(
    rule: YieldRule, judged: Sequence[EffectiveCriterion], observations: Sequence[ObservationData]
) -> Signal:
    cells = {(o.dimension, o.metric, o.aggregate, o.group): Decimal(o.estimate) for o in observations}
    wanted = {(c.dimension, c.metric, c.aggregate, g) for c in judged for g in c.groups if g != EVERYBODY}
    missing = sorted({key[3] for key in wanted if key not in cells})
    groups = Counter(key[2] for key in wanted)
    if missing or min(groups.values(), default=0) < COMPARABLE:
        lack = f"no usable evidence for {', '.join(missing)}" if missing else "fewer than two groups are measured alike"
        return _signal(rule, None, f"The gap between groups was not evaluated: {lack}.")
    gaps = {aggregate: _extremes(cells, wanted, aggregate) for aggregate in sorted({key[2] for key in wanted})}
    value, low, high = max(gaps.values(), key=lambda gap: gap[0])
    where = f"from {low} to {high}" if value else "between any two groups"
    return _signal(rule, value, f"{rule.metric} differs by {decimals.text(value)} {where}")


def _extremes(
    cells: Mapping[tuple[str, str, str, str], Decimal], wanted: Iterable[tuple[str, str, str, str]], aggregate: str
) -> tuple[Decimal, str, str]:
    estimates = sorted((cells[key], key[3]) for key in wanted if key[2] == aggregate)
    return estimates[-1][0] - estimates[0][0], estimates[0][1], estimates[-1][1]


def _measured_signal(rule: YieldRule, measured: Sequence[MeasuredSignal]) -> Signal:
    wanted = (rule.signal, rule.dimension, rule.metric)
    found = next((m for m in measured if m.key[:3] == wanted), None)
    if found is None:
        needs = NEEDS.get(rule.signal, "that somebody measures it")
        return _signal(rule, None, f"{rule.signal} was not evaluated: it needs {needs}.")
    return _signal(rule, Decimal(found.value), f"{rule.signal} of {rule.metric} is {found.value} over {found.n} cases")


def _signal(rule: YieldRule, value: Decimal | None, reason: str) -> Signal:
    verdict = INSUFFICIENT if value is None else NEEDS_DELIBERATION if value > rule.over else PASS
    if value is not None:
        reason = f"{reason}, {'over' if verdict == NEEDS_DELIBERATION else 'not over'} {decimals.text(rule.over)}."
    return Signal(
        signal=rule.signal,
        dimension=rule.dimension,
        metric=rule.metric,
        value=value,
        over=rule.over,
        verdict=verdict,
        route=rule.route,
        reason=reason,
        why=rule.why,
    )
