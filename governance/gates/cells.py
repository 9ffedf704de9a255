"""One criterion, group by group: which verdict the evidence supports, and why. Pure.

PASS and FAIL are two claims about a rate nobody knows; each needs a bound of its own. That every group passes is an
intersection-union test and needs no correction (Berger 1982); that some group fails is corrected over the groups which
the specification names, present or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from governance.evidence import aggregation, bounds, planning
from governance.evidence.bounds import LOWER, UPPER
from governance.evidence.records import LEVELS, UNDEFINED, ObservationData
from governance.gates import wording
from governance.gates.inputs import GateInputs
from governance.gates.verdicts import FAIL, INSUFFICIENT, PASS, worst
from governance.specs.effective import EffectiveCriterion

AGAINST = {">=": LOWER, "<=": UPPER}
"""The side whose bound speaks against the claim that the threshold is met."""

FAVOURS = {">=": UPPER, "<=": LOWER}
"""The side whose bound favours that claim."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The two bounds that a verdict used, each one-sided at its own alpha; `name` says how they were made."""

    low: Decimal
    high: Decimal
    low_alpha: Decimal
    high_alpha: Decimal
    name: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The verdict for one criterion and group. `more_cases` says how many would settle it, where a number can;
    `none_of` how many cases there are where none of them counts, so that the metric is undefined."""

    group: str
    verdict: str
    reason: str
    would_change: str
    observation: ObservationData | None
    interval: Interval | None
    more_cases: int | None
    none_of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A criterion with the cells of its groups, in the order in which the specification names them."""

    criterion: EffectiveCriterion
    cells: tuple[Cell, ...]

    @property
    def verdict(self) -> str:
        """The worst verdict of any group: no group is outvoted."""
        return worst(cell.verdict for cell in self.cells)


def judge_criterion(criterion: EffectiveCriterion, inputs: GateInputs) -> Judged:
    """Return the verdicts of every group that the criterion names."""
    found = {group: find(criterion, group, inputs) for group in criterion.groups}
    lacking = {group: obstacle(criterion, group, found[group], inputs) for group in criterion.groups}
    usable = {group: o for group, o in found.items() if o is not None and not lacking[group]}
    testable = {group: o for group, o in usable.items() if o.n >= criterion.min_n}
    untested = {group: o for group, o in usable.items() if group not in testable}
    failing = _failing(criterion, untested, _share(criterion, len(criterion.groups))) | _tested(criterion, testable)
    passing = _bounds(criterion, usable, criterion.alpha, AGAINST[criterion.comparator])
    names = {
        alpha: wording.interval_name(criterion, alpha)
        for alpha in {criterion.alpha, *(f.alpha for f in failing.values())}
    }
    cells = (
        _cell(criterion, group, usable[group], passing[group], failing[group], names)
        if group in usable
        else _unjudged(criterion, group, found[group], lacking[group], inputs)
        for group in criterion.groups
    )
    return Judged(criterion=criterion, cells=tuple(cells))


def find(criterion: EffectiveCriterion, group: str, inputs: GateInputs) -> ObservationData | None:
    """Return the observation of a criterion's metric for the group in the context that is judged."""
    key = (criterion.dimension, criterion.metric, criterion.aggregate, group, inputs.context)
    return inputs.by_key.get(key)


def obstacle(criterion: EffectiveCriterion, group: str, observation: ObservationData | None, inputs: GateInputs) -> str:
    """Return why an observation may not be used for the criterion; empty when it may."""
    if criterion.metric not in inputs.approved_metrics:
        return f"Not evaluated: the metric {criterion.metric} has no approved provenance sheet."
    if observation is None and (cases := _none_of(criterion, group, inputs)):
        return wording.undefined(criterion, group, cases)
    if observation is None:
        return wording.not_evaluated(criterion, group, _other_contexts(criterion, group, inputs), inputs.context)
    source = observation.source
    if source.subject != inputs.subject:
        return f"Not evaluated: the evidence {source.evidence} is for another model, digest {source.subject[:12]}."
    if _rank(source.level) < _rank(criterion.level):
        return f"Not evaluated at level {criterion.level}: the evidence {source.evidence} is of level {source.level}."
    if not source.per_case:
        return f"Disagreement lost: the evidence {source.evidence} gives aggregates without the cases behind them."
    if is_stale(source.measured_at, inputs.not_before):
        return f"Stale: the evidence {source.evidence} was not measured after {inputs.not_before}."
    return ""


def _none_of(criterion: EffectiveCriterion, group: str, inputs: GateInputs) -> int | None:
    """How many cases a derived metric has for the group where none of them counts."""
    about = (UNDEFINED, criterion.dimension, criterion.metric, inputs.context, "", "", group)
    return next((s.n for s in inputs.measured_signals if s.key == about and s.source.subject == inputs.subject), None)


def _other_contexts(criterion: EffectiveCriterion, group: str, inputs: GateInputs) -> list[str]:
    key = (criterion.dimension, criterion.metric, criterion.aggregate, group)
    return sorted({observation.context for observation in inputs.observations if observation.key[:4] == key})


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def is_stale(measured_at: str, not_before: str) -> bool:
    """Say whether evidence was measured before it may count; without a time of its own it was."""
    if not not_before:
        return False
    return not measured_at or datetime.fromisoformat(measured_at) < datetime.fromisoformat(not_before)


def _share(criterion: EffectiveCriterion, members: int) -> Decimal:
    return criterion.alpha if criterion.correction == "none" else criterion.alpha / max(members, 1)


class _Failing(NamedTuple):
    """A test for failure: the bound that favours the group at `alpha`, None where there is none, and its outcome."""

    alpha: Decimal
    bound: float | None
    fails: bool


def _tested(criterion: EffectiveCriterion, testable: Mapping[str, ObservationData]) -> dict[str, _Failing]:
    """Return how each group was last tested for failure.

    Holm (1979), stepping down: each failure that is established leaves a smaller family for the rest. A group that is
    missing stays in the family, because it could have failed.
    """
    found: dict[str, _Failing] = {}
    waiting = dict(testable)
    while waiting:
        alpha = _share(criterion, len(criterion.groups) - (len(testable) - len(waiting)))
        found |= _failing(criterion, waiting, alpha)
        left = {group: observation for group, observation in waiting.items() if not found[group].fails}
        if len(left) == len(waiting) or criterion.correction != "holm":
            break
        waiting = left
    return found


def _failing(
    criterion: EffectiveCriterion, observations: Mapping[str, ObservationData], alpha: Decimal
) -> dict[str, _Failing]:
    found = _bounds(criterion, observations, alpha, FAVOURS[criterion.comparator])
    return {
        group: _Failing(alpha, bound, bound is not None and not _meets(criterion, bound))
        for group, bound in found.items()
    }


def _bounds(
    criterion: EffectiveCriterion, observations: Mapping[str, ObservationData], alpha: Decimal, side: str
) -> dict[str, float | None]:
    found = aggregation.observation_bounds(list(observations.values()), method=criterion.bound, alpha=alpha, side=side)
    return dict(zip(observations, found, strict=True))


def _meets(criterion: EffectiveCriterion, bound: float) -> bool:
    return bounds.meets(bound, threshold=criterion.threshold, comparator=criterion.comparator)


def _unjudged(
    criterion: EffectiveCriterion, group: str, observation: ObservationData | None, lacking: str, inputs: GateInputs
) -> Cell:
    has_sheet = criterion.metric in inputs.approved_metrics
    wanted = wording.EVIDENCE_WANTED if has_sheet else wording.SHEET_WANTED
    return Cell(
        group=group,
        verdict=INSUFFICIENT,
        reason=lacking,
        would_change=wanted.format(group=group, metric=criterion.metric, level=criterion.level),
        observation=observation,
        interval=None,
        more_cases=None,
        none_of=_none_of(criterion, group, inputs) if observation is None else None,
    )


def _cell(
    criterion: EffectiveCriterion,
    group: str,
    observation: ObservationData,
    passing: float | None,
    failing: _Failing,
    names: Mapping[Decimal, str],
) -> Cell:
    interval = _interval(criterion, observation, passing, failing, names)
    verdict = _verdict(criterion, observation, passing, failing) if interval else INSUFFICIENT
    more = _more_cases(criterion, observation, failing.alpha) if verdict == INSUFFICIENT else None
    return Cell(
        group=group,
        verdict=verdict,
        reason=wording.reason(criterion, observation, interval, verdict),
        would_change=wording.would_change(criterion, observation, interval, verdict, more),
        observation=observation,
        interval=interval,
        more_cases=more,
    )


def _interval(
    criterion: EffectiveCriterion,
    observation: ObservationData,
    passing: float | None,
    failing: _Failing,
    names: Mapping[Decimal, str],
) -> Interval | None:
    if passing is None:
        return None
    other, alpha = failing.bound, failing.alpha
    if other is None:
        # A bootstrap may be unable to reach the corrected level; then nothing is claimed beyond the plain one.
        alpha = criterion.alpha
        side = FAVOURS[criterion.comparator]
        other = aggregation.observation_bound(observation, method=criterion.bound, alpha=alpha, side=side)
    if other is None:
        return None
    against, favours = wording.nine(passing), wording.nine(other)
    at_least = criterion.comparator == ">="
    return Interval(
        low=against if at_least else favours,
        high=favours if at_least else against,
        low_alpha=criterion.alpha if at_least else alpha,
        high_alpha=alpha if at_least else criterion.alpha,
        name=names[alpha],
    )


def _verdict(
    criterion: EffectiveCriterion, observation: ObservationData, passing: float | None, failing: _Failing
) -> str:
    if passing is None or observation.n < criterion.min_n:
        return INSUFFICIENT
    if _meets(criterion, passing):
        return PASS
    return FAIL if failing.fails else INSUFFICIENT


def _more_cases(criterion: EffectiveCriterion, observation: ObservationData, fail_alpha: Decimal) -> int | None:
    rate = Decimal(observation.estimate)
    # On its side of the threshold a rate can only ever settle one of the two claims.
    passes = rate > criterion.threshold if criterion.comparator == ">=" else rate < criterion.threshold
    bootstrapped = criterion.bound == "bca"
    if bootstrapped and not passes and fail_alpha < bounds.SMALLEST_BOOTSTRAP_ALPHA:
        return None
    alpha = float(criterion.alpha if passes else fail_alpha)
    side = (AGAINST if passes else FAVOURS)[criterion.comparator]
    more = planning.cases_needed(
        _planned(criterion, observation, alpha, side),
        n=observation.n,
        threshold=criterion.threshold,
        comparator=criterion.comparator,
        rate=rate,
        min_n=max(criterion.min_n, bounds.FEWEST_TO_RESAMPLE) if bootstrapped else criterion.min_n,
    )
    return None if more is None else max(more, 1)


def _planned(criterion: EffectiveCriterion, observation: ObservationData, alpha: float, side: str) -> planning.BoundAt:
    """Return what the bound would be with a number of cases, were they like those that were seen."""
    successes, n, method = observation.successes, observation.n, criterion.bound
    mean, sd = float(observation.estimate), float(observation.sd or 0)

    def of_proportion(cases: int) -> float:
        expected = min((successes or 0) * cases / n, cases)
        return bounds.proportion_bound(successes=expected, n=cases, alpha=alpha, method=method, side=side)

    def of_mean(cases: int) -> float | None:
        both = bounds.mean_t(mean=mean, sd=sd, n=cases, alpha=alpha)
        return None if both is None else both.on(side)

    return of_mean if successes is None else of_proportion
