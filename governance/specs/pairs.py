"""Which metrics a tension sets against each other in a context, and for whom. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from governance.specs.clauses import LEVELS, Tension
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
    """Two sides of a tension for a group for which both are asked, and what is enough for either: how many cases, and
    evidence of which level."""

    first: Side
    second: Side
    group: str
    min_n: int
    level: str


def pairs(tension: Tension, criteria: Sequence[EffectiveCriterion]) -> tuple[Pair, ...]:
    """Return, for each group, each pair of metrics that `tension` sets against each other under `criteria`: a dimension
    stands for each of its metrics, and where one of the two is not asked for there is no pair."""
    first, second = (_sides(name, criteria) for name in tension.between)
    return tuple(found for one in first for other in second if one != other for found in _of(one, other, criteria))


def _of(first: Side, second: Side, criteria: Sequence[EffectiveCriterion]) -> Iterator[Pair]:
    asking = [criterion for criterion in criteria if _side(criterion) in (first, second)]
    for group in dict.fromkeys(group for criterion in asking for group in criterion.groups):
        of_group = [criterion for criterion in asking if group in criterion.groups]
        if {_side(criterion) for criterion in of_group} == {first, second}:
            yield Pair(
                first=first,
                second=second,
                group=group,
                min_n=max(criterion.min_n for criterion in of_group),
                level=max((criterion.level for criterion in of_group), key=LEVELS.index),
            )


def _sides(name: str, criteria: Sequence[EffectiveCriterion]) -> list[Side]:
    named = (_side(criterion) for criterion in criteria if name in (criterion.dimension, criterion.metric))
    return list(dict.fromkeys(named))


def _side(criterion: EffectiveCriterion) -> Side:
    return Side(
        dimension=criterion.dimension,
        metric=criterion.metric,
        aggregate=criterion.aggregate,
        direction=criterion.direction,
    )
