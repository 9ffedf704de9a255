"""The candidate against the incumbent, group by group and without weighing one dimension against another. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.evidence.records import ObservationData
from governance.gates.inputs import GateInputs
from governance.specs.effective import EffectiveCriterion

DOMINATES = "dominates"
EQUAL = "equal within tolerance"
INCOMPARABLE = "incomparable"
DOMINATED = "dominated"
NOT_EVALUATED = "not evaluated"
BETTER, WORSE, SAME = "better", "worse", "equal"


@dataclass(frozen=True, kw_only=True)
class Change:
    """The candidate's estimate less the incumbent's for one criterion and group; `outcome` is better, worse, equal
    (within the criterion's tolerance) or not evaluated."""

    dimension: str
    metric: str
    group: str
    candidate: Decimal | None
    incumbent: Decimal | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The relation of the whole, and each change; a regression is a change for the worse."""

    relation: str
    changes: tuple[Change, ...]


def trade_offs(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a report's document says was given up against the incumbent: its digest (empty where there is no
    evidence on it), the relation, and each loss of a group; None when there was no incumbent."""
    if report["incumbent"] is None:
        return None
    compared = report["inputs"]["incumbent"]
    names = ("dimension", "metric", "group", "incumbent", "candidate")
    return {
        "sha256": compared[0]["source"]["subject"] if compared else "",
        "relation": report["incumbent"]["relation"],
        "losses": [{name: c[name] for name in names} for c in report["incumbent"]["changes"] if c["outcome"] == WORSE],
    }


def compare(inputs: GateInputs) -> Comparison | None:
    """Return how the candidate stands to the incumbent, by estimates; None when there is no incumbent."""
    if inputs.incumbent is None:
        return None
    changes = tuple(_change(c, group, inputs, inputs.incumbent) for c in inputs.criteria for group in c.groups)
    return Comparison(relation=_relation({change.outcome for change in changes}), changes=changes)


def _relation(outcomes: set[str]) -> str:
    if {BETTER, WORSE} <= outcomes:
        return INCOMPARABLE
    if NOT_EVALUATED in outcomes or not outcomes:
        return NOT_EVALUATED
    return DOMINATES if BETTER in outcomes else DOMINATED if WORSE in outcomes else EQUAL


def _change(
    criterion: EffectiveCriterion, group: str, inputs: GateInputs, incumbent: Sequence[ObservationData]
) -> Change:
    key = (criterion.dimension, criterion.metric, criterion.aggregate, group, inputs.context)
    ours = [o for o in inputs.observations if o.source.subject == inputs.subject]
    new, old = _estimate(ours, key), _estimate(incumbent, key)
    return Change(
        dimension=criterion.dimension,
        metric=criterion.metric,
        group=group,
        candidate=new,
        incumbent=old,
        outcome=NOT_EVALUATED if new is None or old is None else _outcome(criterion, new - old),
    )


def _estimate(observations: Sequence[ObservationData], key: tuple[str, ...]) -> Decimal | None:
    return next((Decimal(o.estimate) for o in observations if o.key == key), None)


def _outcome(criterion: EffectiveCriterion, rise: Decimal) -> str:
    if abs(rise) <= criterion.tolerance:
        return SAME
    return BETTER if (rise > 0) == (criterion.direction == "higher") else WORSE
