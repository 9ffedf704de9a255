"""Tensions: values known to conflict, and whether their inconsistency lies in the band that was agreed. Pure.

A band is held against what was measured, as the limit of an edge signal is. Outside it the gate fails, or asks people
where leaving it is acceptable. The share of cases is measured of one version, so where it was not measured the answer
is INSUFFICIENT; the ranking is one of several versions, so until there are enough of them it says nothing (ADR 0015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from governance.evidence import decimals
from governance.evidence.records import LEVELS, MeasuredSignal, ObservationData, Source
from governance.gates.cells import is_stale
from governance.gates.inputs import GateInputs
from governance.gates.signals import FEWEST_TO_RANK, metric_conflict
from governance.gates.verdicts import FAIL, INSUFFICIENT, NEEDS_DELIBERATION, PASS, worst
from governance.gates.wording import about, short
from governance.specs.clauses import Tension
from governance.specs.pairs import SHARE, Pair, Side, pairs

NEVER = "not acceptable"
PROCESS = "trade-off"
"""What a value conflict asks people for: a record of what is traded, and a review of the tiers."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a tension comes to for two metrics and one group, over `n` cases or versions; `value` and, where the tension
    is about more versions than there are, `verdict` are None while nothing can be said."""

    first: str
    second: str
    group: str
    value: Decimal | None
    n: int
    evidence: tuple[str, ...]
    verdict: str | None
    reason: str
    would_change: str


@dataclass(frozen=True, kw_only=True)
class JudgedTension:
    """A tension with what it comes to for each pair of metrics and each group."""

    tension: Tension
    readings: tuple[Reading, ...]

    @property
    def verdict(self) -> str | None:
        """The worst of what can be said; None while nothing can."""
        said = [reading.verdict for reading in self.readings if reading.verdict]
        return worst(said) if said else None

    @property
    def about(self) -> str:
        """The two values, as a route names them."""
        return about(self.tension.between)


def judge(given: GateInputs, measured: Sequence[MeasuredSignal]) -> tuple[JudgedTension, ...]:
    """Return every tension of which both sides are asked for in the context; `measured` are the signals that count."""
    found = []
    for tension in given.tensions:
        read = _share if tension.measure == SHARE else _ranking
        readings = tuple(
            read(tension, pair, given, measured)
            if {pair.first.metric, pair.second.metric} <= set(given.approved_metrics)
            else _unsaid(pair, INSUFFICIENT, "a metric has no approved provenance sheet.", "Have it approved.")
            for pair in pairs(tension, given.criteria)
        )
        if readings:
            found.append(JudgedTension(tension=tension, readings=readings))
    return tuple(found)


def _share(tension: Tension, pair: Pair, given: GateInputs, measured: Sequence[MeasuredSignal]) -> Reading:
    first, second = pair.first, pair.second
    wanted = (SHARE, first.dimension, first.metric, given.context, second.metric, second.dimension, pair.group)
    found = next((m for m in measured if m.key == wanted and _is_of_level(m.source, pair)), None)
    if found is None:
        reason = f"no case that counts has both metrics for {pair.group}."
        return _unsaid(pair, INSUFFICIENT, reason, f"Evidence at level {pair.level} with both for each case.")
    if found.n < pair.min_n:
        reason = f"{found.n} cases with both are fewer than the {pair.min_n} that the specification asks for."
        return _unsaid(pair, INSUFFICIENT, reason, f"{pair.min_n - found.n} more cases with both.", n=found.n)
    value = Decimal(found.value)
    what = f"{pair.first.metric} and {pair.second.metric} part on {short(value)} of {found.n} cases"
    return _said(tension, pair, value, n=found.n, evidence=(found.source.evidence,), what=what)


def _ranking(tension: Tension, pair: Pair, given: GateInputs, _: Sequence[MeasuredSignal]) -> Reading:
    """Kendall's tau-b over this version and its siblings, each metric turned so that more is better."""
    one, other = (_by_model(side, pair, given) for side in (pair.first, pair.second))
    models = sorted(one.keys() & other.keys())
    n = len(models)
    if n < FEWEST_TO_RANK:
        reason = f"{n} version(s) have evidence for both, and a ranking needs {FEWEST_TO_RANK}."
        return _unsaid(pair, None, reason, "It is measured once there are more versions.", n=n)
    tau = metric_conflict(_turned(one, pair.first), _turned(other, pair.second))
    if tau is None:
        reason = f"one of the two ranks none of {n} versions above another."
        return _unsaid(pair, None, reason, "It is measured once versions differ.", n=n)
    value = decimals.rounded(tau)
    evidence = tuple(sorted({o.source.evidence for model in models for o in (one[model], other[model])}))
    what = f"{pair.first.metric} and {pair.second.metric} rank {n} versions alike by {short(value)} (Kendall's tau)"
    return _said(tension, pair, value, n=n, evidence=evidence, what=what)


def _by_model(side: Side, pair: Pair, given: GateInputs) -> dict[str, ObservationData]:
    """What counts of one metric for a group, of this version and of each sibling, by the model's digest."""
    key = (side.dimension, side.metric, side.aggregate, pair.group, given.context)
    own = [o for o in given.observations if o.source.subject == given.subject]
    return {
        o.source.subject: o
        for o in (*own, *given.siblings)
        if o.key == key and o.n >= pair.min_n and o.source.per_case and _is_of_level(o.source, pair)
        if not is_stale(o.source.measured_at, given.not_before)
    }


def _is_of_level(source: Source, pair: Pair) -> bool:
    return source.level in LEVELS and LEVELS.index(source.level) >= LEVELS.index(pair.level)


def _turned(observations: Mapping[str, ObservationData], side: Side) -> dict[str, Decimal]:
    sign = 1 if side.direction == "higher" else -1
    return {model: sign * Decimal(o.estimate) for model, o in observations.items()}


def _said(tension: Tension, pair: Pair, value: Decimal, *, n: int, evidence: tuple[str, ...], what: str) -> Reading:
    low, high = tension.band
    inside = low <= value <= high
    outside, leaving = (NEEDS_DELIBERATION, "for people to accept") if tension.leaving_acceptable else (FAIL, NEVER)
    band = f"the band from {short(low)} to {short(high)}"
    return Reading(
        first=pair.first.metric,
        second=pair.second.metric,
        group=pair.group,
        value=value,
        n=n,
        evidence=evidence,
        verdict=PASS if inside else outside,
        reason=f"{what}, inside {band}." if inside else f"{what}, outside {band}, which is {leaving}.",
        would_change=_would_change(tension, value, n),
    )


def _would_change(tension: Tension, value: Decimal, n: int) -> str:
    low, high = tension.band
    if low <= value <= high:
        return f"It lies {short(min(value - low, high - value))} from the nearer end of its band."
    gap = short(low - value if value < low else value - high)
    if tension.measure != SHARE:
        return f"It lies {gap} outside its band; it is measured anew with every version that is evaluated here."
    now = (value * n).to_integral_value()
    if value > high:
        return f"It lies {gap} above its band: {now - (high * n).to_integral_value(ROUND_FLOOR)} fewer such cases."
    return f"It lies {gap} below its band: {(low * n).to_integral_value(ROUND_CEILING) - now} more such cases."


def _unsaid(pair: Pair, verdict: str | None, reason: str, would_change: str, *, n: int = 0) -> Reading:
    return Reading(
        first=pair.first.metric,
        second=pair.second.metric,
        group=pair.group,
        value=None,
        n=n,
        evidence=(),
        verdict=verdict,
        reason=f"{pair.first.metric} against {pair.second.metric} was not evaluated: {reason}",
        would_change=would_change,
    )
