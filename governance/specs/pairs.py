"""Which metrics a tension sets against each other in a context, and for whom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.specs.clauses import Tension
from governance.specs.effective import EffectiveCriterion

RANKING, SHARE = "kendall-tau", "disagreement-share"
"""The measures of a tension: over the versions of a context, and over the cases of one version."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """A metric of a dimension, and in which direction it is better."""

    dimension: str
    metric: str
    aggregate: str
    direction: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two sides of a tension, the groups for which both are asked, and how many cases are enough for either."""

    first: Side
    second: Side
    groups: tuple[str, ...]
    min_n: int


def pairs(tension: Tension, criteria: Sequence[EffectiveCriterion]) -> tuple[Pair, ...]:
    """Return each pair of metrics that `tension` sets against each other under `criteria`: a dimension stands for each
    of its metrics, and where nothing is asked of one side there is no pair."""
    first, second = (_sides(name, criteria) for name in tension.between)
    return tuple(
        Pair(
            first=one,
            second=other,
            groups=tuple(group for group in first[one] if group in second[other]),
            min_n=max(c.min_n for c in criteria if _side(c) in (one, other)),
        )
        for one in first
        for other in second
        if one != other
    )


def _sides(name: str, criteria: Sequence[EffectiveCriterion]) -> dict[Side, dict[str, None]]:
    found: dict[Side, dict[str, None]] = {}
    for criterion in criteria:
        if name in (criterion.dimension, criterion.metric):
            found.setdefault(_side(criterion), {}).update(dict.fromkeys(criterion.groups))
    return found


def _side(criterion: EffectiveCriterion) -> Side:
    return Side(
        dimension=criterion.dimension,
        metric=criterion.metric,
        aggregate=criterion.aggregate,
        direction=criterion.direction,
    )
