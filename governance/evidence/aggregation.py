"""From cases to observations: one for each dimension x group of a context, recomputed from the rows. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from governance.errors import Invalid, Problem
from governance.evidence import bounds, columns, decimals, ingest, repeats
from governance.evidence.bounds import Bounds
from governance.evidence.cases import Cases
from governance.evidence.growing import parts
from governance.evidence.records import EVERYBODY, EVERYWHERE, Measured, ObservationData, Rung, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Mask, Rows

Selector = Mapping[str, Any]

COARSEST_ROUNDING = Decimal("0.0005")
SAME = Decimal("1e-8")
"""Relative difference of two decimal strings of nine digits that stand for one number."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Aggregate:
    """What the cases of one cell come to: estimate, n, and successes (proportion) or sd of n - 1 (mean); `values` has
    one for each case."""

    estimate: Fraction
    n: int
    successes: int | None
    sd: float | None
    values: NDArray[np.float64]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """A figure that the run claimed and its own cases do not bear out; `found` is the recomputed one."""

    name: str
    claimed: str
    found: str


def select(cases: Cases, selector: Selector, rows: Rows | None = None) -> Mask:
    """Return which rows, or which of `rows`, belong to a population: {"column", "equals"}, {"column", "in": [...]}, or
    {} for everybody.

    A case without a value in the column belongs to no group. Raises Invalid for another form of selector, and for a
    column that the table does not have.
    """
    if not selector:
        import numpy as np

        return np.ones(len(cases) if rows is None else len(rows), dtype=bool)
    column, wanted = _read_selector(selector)
    if column not in cases.attributes:
        raise _unusable(f"the table has no column {column!r}.", "Log it with the cases, or correct the selector.")
    return cases.attributes[column].among(wanted, rows)


def within(rows: Rows, population: Mask) -> Rows:
    """Return those of `rows` that belong to a population; the very array where all of them do."""
    return _chosen(rows, population[rows])


def aggregate(cases: Cases, *, metric: str, context: str, how: str, population: Mask | None = None) -> Aggregate | None:
    """Return what the cases of `metric` in `context` (or everywhere) come to, of the rows in `population` alone if
    there is one; None when there are none.

    `how` is "proportion" (values 0 or 1) or "mean". Raises Invalid that names the case for another value, or for a case
    that stands both in the context and everywhere.
    """
    rows = cases.of(metric, context)
    if population is not None:
        rows = within(rows, population)
    return _aggregate(cases, rows, metric=metric, how=how)


def observations(
    cases: Cases, criteria: Sequence[Measured], groups: Mapping[str, Selector], *, context: str, source: Source
) -> tuple[ObservationData, ...]:
    """Return one observation for each (dimension, metric) x group that the criteria name, in this context.

    `groups` maps a group's key to its population selector; "all" is everybody. A group without a case has no
    observation, so that the gate finds it missing. Raises Invalid for a group without a selector.
    """
    asked: dict[tuple[str, str, str, str], list[Measured]] = {}
    for criterion in criteria:
        for group in criterion.groups:
            place = (criterion.dimension, criterion.metric, criterion.aggregate, group)
            asked.setdefault(place, []).append(criterion)
    measured: dict[tuple[str, str, str, str], ObservationData] = {}
    # Metric by metric, so that the rows of one metric and one group are there at a time, however many there are.
    for metric in dict.fromkeys(metric for _, metric, _, _ in asked):
        rows = cases.of(metric, context)
        for place, alike in asked.items():
            _, about, how, group = place
            if about == metric:
                selector = _selector_of(group, groups)
                found = _aggregate(cases, _chosen(rows, select(cases, selector, rows)), metric=metric, how=how)
                if found is not None:
                    measured[place] = _observation(alike, found, group=group, context=context, source=source)
    return tuple(measured[place] for place in asked if place in measured)


def over_all_contexts(
    cases: Cases, observation: ObservationData, *, selectors: Mapping[str, Selector]
) -> ObservationData:
    """Return `observation` with the estimate and n of its group's cases in every context together.

    Only for comparing what a run says of itself, which tells no contexts apart; nothing is judged by it.
    """
    population = select(cases, _selector_of(observation.group, selectors))
    rows = cases.of(observation.metric)
    _, values = repeats.once_for_each_case(cases, rows[population[rows]])
    return replace(observation, estimate=decimals.text(_mean(values)), n=len(values))


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


def observation_bound(observation: ObservationData, *, method: str, alpha: Decimal, side: str) -> float | None:
    """Return the one-sided bound of an observation on `side` at `alpha`: from its counts, or read from its ladder.

    None where nothing can be bounded: an unknown spread, or a bootstrap that was not run at this alpha.
    """
    if method in bounds.PROPORTION_METHODS:
        if (successes := observation.successes) is None:
            return None
        n = observation.n
        return bounds.proportion_bound(successes=successes, n=n, alpha=float(alpha), method=method, side=side)
    if method == "t":
        sd = float(observation.sd or 0)
        both = bounds.mean_t(mean=float(observation.estimate), sd=sd, n=observation.n, alpha=float(alpha))
    else:
        rungs = (rung for rung in observation.ladder if Decimal(rung.alpha) == decimals.rounded(alpha))
        both = next((Bounds(float(rung.lower), float(rung.upper)) for rung in rungs), None)
    return None if both is None else both.on(side)


def observation_bounds(
    observations: Sequence[ObservationData], *, method: str, alpha: Decimal, side: str
) -> list[float | None]:
    """Return `observation_bound` of each, proportions all at once."""
    counts = [(observation.successes, observation.n) for observation in observations]
    counted = [(successes, n) for successes, n in counts if successes is not None]
    if method in bounds.PROPORTION_METHODS and len(counted) == len(counts):
        return list(bounds.proportion_bounds(counted, alpha=float(alpha), method=method, side=side))
    return [observation_bound(observation, method=method, alpha=alpha, side=side) for observation in observations]


def _chosen(rows: Rows, which: Mask) -> Rows:
    return rows if which.all() else rows[which]


def _read_selector(selector: Selector) -> tuple[str, frozenset[str]]:
    column = selector.get("column")
    if not isinstance(column, str) or set(selector) not in ({"column", "equals"}, {"column", "in"}):
        remedy = 'Use {"column": ..., "equals": ...}, {"column": ..., "in": [...]} or {}.'
        raise _unusable("this is not a population selector.", remedy)
    wanted = selector["in"] if "in" in selector else [selector["equals"]]
    if not isinstance(wanted, list | tuple) or not wanted or not all(isinstance(w, str | int | float) for w in wanted):
        raise _unusable("the selector's values are not text, numbers or truth values.", "Give at least one value.")
    return column, frozenset(columns.as_text(value) or "" for value in wanted)


def _unusable(what: str, remedy: str) -> Invalid:
    problem = Problem("selector", what, remedy)
    return Invalid(f"The population cannot be selected: {problem}", code="selector-unusable", problems=(problem,))


def _selector_of(group: str, groups: Mapping[str, Selector]) -> Selector:
    if group in groups:
        return groups[group]
    if group == EVERYBODY:
        return {}
    raise _unusable(f"the group {group!r} has no population selector.", "Add the group to the system.")


def _aggregate(cases: Cases, rows: Rows, *, metric: str, how: str) -> Aggregate | None:
    if not len(rows):
        return None
    _check_once(cases, rows, metric)
    once, values = repeats.once_for_each_case(cases, rows)
    if how == "proportion":
        _check_binary(cases, once, values, metric)
    estimate = _mean(values)
    return Aggregate(
        estimate=estimate,
        n=len(values),
        successes=int(estimate * len(values)) if how == "proportion" else None,
        sd=_spread(values, estimate) if how == "mean" else None,
        values=values,
        digest=ingest.values_digest(cases, once, values),
    )


def _check_once(cases: Cases, rows: Rows, metric: str) -> None:
    contexts, case = cases.contexts.codes[rows], cases.case[rows]
    second = (case[1:] == case[:-1]) & (contexts[1:] != contexts[:-1])
    if second.any():
        row = int(rows[1:][second][0])
        what = f"case {cases.named(row)!r} has {metric!r} both in the context and everywhere ({EVERYWHERE})."
        raise _not_added_up("column context", what, "Keep one of the two rows.")


def _check_binary(cases: Cases, rows: Rows, values: NDArray[np.float64], metric: str) -> None:
    odd = (values != 0) & (values != 1)
    if odd.any():
        first = min(odd.nonzero()[0], key=lambda index: cases.rows[rows[index]])
        what = f"case {cases.named(rows[first])!r} has {decimals.text(float(values[first]))} for the proportion "
        remedy = "Give 0 or 1 (every rating of a case alike), or declare the criterion a mean."
        raise _not_added_up("column value", f"{what}{metric!r}.", remedy)


def _not_added_up(where: str, what: str, remedy: str) -> Invalid:
    problem = Problem(where, what, remedy)
    return Invalid(f"The cases cannot be added up: {problem}", code="cases-unusable", problems=(problem,))


def _mean(values: NDArray[np.float64]) -> Fraction:
    return Fraction(Decimal(repr(bounds.total(parts(values))))) / len(values)


def _spread(values: NDArray[np.float64], mean: Fraction) -> float:
    if values.min() == values.max():
        return 0.0
    centre = float(mean)
    return math.sqrt(bounds.total((part - centre) ** 2 for part in parts(values)) / (len(values) - 1))


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
    low, high = (
        observation_bound(bare, method=first.bound, alpha=first.alpha, side=side)
        for side in (bounds.LOWER, bounds.UPPER)
    )
    if low is None or high is None:
        return bare
    return replace(bare, low=decimals.text(low), high=decimals.text(high))


def _ladder(criteria: Sequence[Measured], values: NDArray[np.float64]) -> tuple[Rung, ...]:
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
