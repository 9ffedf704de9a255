"""From cases to observations: one for each dimension x group of a context, recomputed from the rows. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

from governance.errors import Invalid, Problem
from governance.evidence import bounds, decimals, ingest, repeats
from governance.evidence.bounds import Bounds
from governance.evidence.records import EVERYBODY, EVERYWHERE, CaseRecord, Measured, ObservationData, Rung, Source

Selector = Mapping[str, Any]

EXACT = Context(prec=100)
"""Wide enough for the exact sum of as many values as a table may hold."""

COARSEST_ROUNDING = Decimal("0.0005")
SAME = Decimal("1e-8")
"""Relative difference of two decimal strings of nine digits that stand for one number."""


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """What the cases of one cell come to: exact estimate, n, and successes (proportion) or sd of n - 1 (mean)."""

    estimate: Fraction
    n: int
    successes: int | None
    sd: float | None
    values: tuple[Decimal, ...]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """A figure that the run claimed and its own cases do not bear out; `found` is the recomputed one."""

    name: str
    claimed: str
    found: str


def select(records: Iterable[CaseRecord], selector: Selector) -> tuple[CaseRecord, ...]:
    """Return the records of a population: {"column", "equals"}, {"column", "in": [...]}, or {} for everybody.

    A case without a value in the column belongs to no group. Raises Invalid for another form of selector, and for a
    column that the table does not have.
    """
    if not selector:
        return tuple(records)
    column, wanted = _read_selector(selector)
    chosen = []
    for record in records:
        if column not in record.attributes:
            raise _unusable(f"the table has no column {column!r}.", "Log it with the cases, or correct the selector.")
        if record.attributes[column] in wanted:
            chosen.append(record)
    return tuple(chosen)


def aggregate(records: Sequence[CaseRecord], *, metric: str, context: str, how: str) -> Aggregate | None:
    """Return what the cases of `metric` in `context` (or everywhere) come to; None when there are none.

    `how` is "proportion" (values 0 or 1) or "mean". Raises Invalid that names the case for another value, or for a case
    that stands both in the context and everywhere.
    """
    cases: Sequence[CaseRecord] = [
        record for record in records if record.metric == metric and record.context in (context, EVERYWHERE)
    ]
    if not cases:
        return None
    _check_once(cases, metric)
    cases = repeats.once_for_each_case(cases)
    if how == "proportion":
        _check_binary(cases, metric)
    with localcontext(EXACT):
        total = sum((case.value for case in cases), Decimal(0))
        estimate = Fraction(total) / len(cases)
    return Aggregate(
        estimate=estimate,
        n=len(cases),
        successes=int(total) if how == "proportion" else None,
        sd=_spread(cases, estimate) if how == "mean" else None,
        values=tuple(case.value for case in cases),
        digest=ingest.values_digest(cases),
    )


def observations(
    records: Sequence[CaseRecord],
    criteria: Sequence[Measured],
    groups: Mapping[str, Selector],
    *,
    context: str,
    source: Source,
) -> tuple[ObservationData, ...]:
    """Return one observation for each (dimension, metric) x group that the criteria name, in this context.

    `groups` maps a group's key to its population selector; "all" is everybody. A group without a case has no
    observation, so that the gate finds it missing. Raises Invalid for a group without a selector.
    """
    measured: dict[tuple[str, ...], ObservationData] = {}
    populations = {"": tuple(records)}
    for criterion in criteria:
        for group in criterion.groups:
            if group not in populations:
                populations[group] = select(records, _selector_of(group, groups))
            key = (criterion.dimension, criterion.metric, criterion.aggregate, group)
            found = aggregate(populations[group], metric=criterion.metric, context=context, how=criterion.aggregate)
            if found is not None and key not in measured:
                alike = [
                    c for c in criteria if key == (c.dimension, c.metric, c.aggregate, group) and group in c.groups
                ]
                measured[key] = _observation(alike, found, group=group, context=context, source=source)
    return tuple(measured.values())


def over_all_contexts(
    records: Sequence[CaseRecord], observation: ObservationData, *, selectors: Mapping[str, Selector]
) -> ObservationData:
    """Return `observation` with the estimate and n of its group's cases in every context together.

    Only for comparing what a run says of itself, which tells no contexts apart; nothing is judged by it.
    """
    population = select(records, _selector_of(observation.group, selectors))
    cases = [record for record in population if record.metric == observation.metric]
    values = [case.value for case in repeats.once_for_each_case(cases)]
    with localcontext(EXACT):
        estimate = Fraction(sum(values, Decimal(0))) / len(values)
    return replace(observation, estimate=decimals.text(estimate), n=len(values))


def compare_claims(
    measured: Sequence[ObservationData], claimed: Mapping[str, float | str], *, alone: str = EVERYBODY
) -> tuple[Mismatch, ...]:
    """Return the claimed figures, named `<metric>` or `<metric>/<group>`, that the cases do not bear out.

    A claim may be rounded: it holds within half a unit of its own last decimal place, but never further than 0.0005
    or 0.05 % of what was found. Only metrics and groups that were measured are compared; `<metric>` speaks of the
    group `alone`.
    """
    found = {f"{o.metric}/{o.group}": o.estimate for o in measured}
    names = {name: name if "/" in name else f"{name}/{alone}" for name in claimed}
    return tuple(
        Mismatch(name=name, claimed=str(claim), found=found[names[name]])
        for name, claim in sorted(claimed.items())
        if names[name] in found and not _agrees(Decimal(str(claim)), Decimal(found[names[name]]))
    )


def observation_bounds(observation: ObservationData, *, method: str, alpha: Decimal) -> Bounds | None:
    """Return the one-sided bounds of an observation at `alpha`: recomputed from its counts, or read from its ladder.

    None where nothing can be bounded: an unknown spread, or a bootstrap that was not run at this alpha.
    """
    if method in bounds.PROPORTION_METHODS:
        if observation.successes is None:
            return None
        return bounds.proportion(successes=observation.successes, n=observation.n, alpha=float(alpha), method=method)
    if method == "t":
        sd = float(observation.sd or 0)
        return bounds.mean_t(mean=float(observation.estimate), sd=sd, n=observation.n, alpha=float(alpha))
    rungs = (rung for rung in observation.ladder if Decimal(rung.alpha) == decimals.rounded(alpha))
    return next((Bounds(float(rung.lower), float(rung.upper)) for rung in rungs), None)


def _read_selector(selector: Selector) -> tuple[str, frozenset[str]]:
    column = selector.get("column")
    if not isinstance(column, str) or set(selector) not in ({"column", "equals"}, {"column", "in"}):
        remedy = 'Use {"column": ..., "equals": ...}, {"column": ..., "in": [...]} or {}.'
        raise _unusable("this is not a population selector.", remedy)
    wanted = selector["in"] if "in" in selector else [selector["equals"]]
    if not isinstance(wanted, list | tuple) or not wanted or not all(isinstance(w, str | int | float) for w in wanted):
        raise _unusable("the selector's values are not text, numbers or truth values.", "Give at least one value.")
    return column, frozenset(ingest.as_text(Decimal(str(w)) if type(w) in (int, float) else w) or "" for w in wanted)


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem("selector", what, remedy)
    return Invalid(f"The population cannot be selected: {problem}", code="selector-unusable", problems=(problem,))


def _selector_of(group: str, groups: Mapping[str, Selector]) -> Selector:
    if group in groups:
        return groups[group]
    if group == EVERYBODY:
        return {}
    raise _unusable(f"the group {group!r} has no population selector.", "Add the group to the system.")


def _check_once(cases: Sequence[CaseRecord], metric: str) -> None:
    seen: set[Hashable] = set()
    for case in cases:
        row = (case.case_id, *repeats.identity(case)[2:])
        if row in seen:
            what = f"case {case.case_id!r} has {metric!r} both in the context and everywhere ({EVERYWHERE})."
            problem = Problem("column context", what, "Keep one of the two rows.")
            raise Invalid(f"The cases cannot be added up: {problem}", code="cases-unusable", problems=(problem,))
        seen.add(row)


def _check_binary(cases: Sequence[CaseRecord], metric: str) -> None:
    for case in cases:
        if case.value not in (0, 1):
            what = f"case {case.case_id!r} has {decimals.text(case.value)} for the proportion {metric!r}."
            problem = Problem(
                "column value", what, "Give 0 or 1 (every rating of a case alike), or declare the criterion a mean."
            )
            raise Invalid(f"The cases cannot be added up: {problem}", code="cases-unusable", problems=(problem,))


def _spread(cases: Sequence[CaseRecord], mean: Fraction) -> float:
    if len({case.value for case in cases}) < 2:
        return 0.0
    with localcontext(EXACT):
        centre = Decimal(mean.numerator) / Decimal(mean.denominator)
        squares = sum(((case.value - centre) ** 2 for case in cases), Decimal(0))
        return float((squares / (len(cases) - 1)).sqrt())


def _observation(
    criteria: Sequence[Measured], found: Aggregate, *, group: str, context: str, source: Source
) -> ObservationData:
    first = criteria[0]
    bare = ObservationData(
        dimension=first.dimension,
        metric=first.metric,
        group=group,
        context=context,
        aggregate=first.aggregate,
        n=found.n,
        successes=found.successes,
        estimate=decimals.text(found.estimate),
        sd=None if found.sd is None else decimals.text(found.sd),
        alpha=decimals.text(first.alpha),
        method=first.bound,
        low=None,
        high=None,
        ladder=_ladder(criteria, found.values),
        values_digest=found.digest,
        source=source,
    )
    interval = observation_bounds(bare, method=first.bound, alpha=first.alpha)
    if interval is None:
        return bare
    return replace(bare, low=decimals.text(interval.lower), high=decimals.text(interval.upper))


def _ladder(criteria: Sequence[Measured], values: Sequence[Decimal]) -> tuple[Rung, ...]:
    """Bounds at alpha / 1 ... alpha / m: every level at which a correction over m groups may ask."""
    alphas = {
        decimals.rounded(criterion.alpha / share): float(criterion.alpha / share)
        for criterion in criteria
        if criterion.bound == "bca"
        for share in range(1, len(criterion.groups) + 1)
        if float(criterion.alpha / share) >= bounds.SMALLEST_BOOTSTRAP_ALPHA
    }
    found = bounds.mean_bca(values, alphas=list(alphas.values())) if alphas else None
    return tuple(
        Rung(alpha=decimals.text(alpha), lower=decimals.text(bound.lower), upper=decimals.text(bound.upper))
        for alpha, bound in zip(alphas, found or (), strict=False)
    )


def _agrees(claim: Decimal, found: Decimal) -> bool:
    if not claim.is_finite():
        return False
    places = max(-int(claim.normalize().as_tuple().exponent), 0)
    coarsest = max(COARSEST_ROUNDING, abs(found) * COARSEST_ROUNDING)
    return abs(claim - found) <= min(Decimal("0.5").scaleb(-places), coarsest) + abs(found) * SAME
