"""What holds in one deployment context: the base, tightened by every overlay that stands above the context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from governance.errors import Invalid, Problem
from governance.specs import contexts, document, shape, strictness
from governance.specs.clauses import Criterion, Dimension, Overlay, Specification, Tension, Tightening, YieldRule
from governance.specs.contexts import most_specific

__all__ = ["EffectiveCriterion", "EffectiveSpecification", "effective", "most_specific"]


@dataclass(frozen=True, kw_only=True)
class EffectiveCriterion:
    """One criterion as it holds in the context; `place` is its path in the document, `trace` says whence it comes."""

    place: str
    dimension: str
    dimension_name: str
    direction: str
    unit: str
    tier: int
    metric: str
    aggregate: str
    comparator: str
    threshold: Decimal
    tolerance: Decimal
    alpha: Decimal
    min_n: int
    bound: str
    level: str
    groups: tuple[str, ...]
    correction: str
    trace: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EffectiveCondition:
    """One extra condition as it holds in the context, with the tier of its dimension."""

    key: str
    dimension: str
    dimension_name: str
    tier: int
    holds_if: str
    why: str


@dataclass(frozen=True, kw_only=True)
class EffectiveSpecification:
    """What a version in `context` must show: criteria by tier, then in the order of the document.

    `uncovered` names the dimensions of tier 0 of which no criterion holds in the context: they are never crossed, so
    nothing can pass where nobody asks about them.
    """

    key: str
    version: str
    digest: str
    context: str
    overlays: tuple[str, ...]
    uncovered: tuple[str, ...]
    criteria: tuple[EffectiveCriterion, ...]
    conditions: tuple[EffectiveCondition, ...]
    tensions: tuple[Tension, ...]
    yield_rules: tuple[YieldRule, ...]

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that its criteria ask for."""
        return frozenset(criterion.metric for criterion in self.criteria)


def effective(specification: Specification, context: str) -> EffectiveSpecification:
    """Return what `specification` asks in `context` (a key such as `us/outreach/letter`).

    Overlays apply from the least to the most specific, and only where they ask for more than what stands.
    Raises Invalid for a malformed key, or when two overlays are equally specific.
    """
    _check_key(context)
    overlays = _overlays(specification, context)
    found = [criterion for part in _with_places(specification) for criterion in _resolve(*part, overlays, context)]
    return EffectiveSpecification(
        key=specification.key,
        version=specification.version,
        digest=document.digest(specification),
        context=context,
        overlays=tuple(overlay.key for overlay in overlays),
        uncovered=contexts.uncovered(specification, context),
        criteria=tuple(sorted(found, key=lambda criterion: criterion.tier)),
        conditions=tuple(_conditions(specification, context)),
        tensions=specification.tensions,
        yield_rules=specification.yield_rules,
    )


def _check_key(context: str) -> None:
    if not re.match(shape.schema()["$defs"]["context"]["pattern"], context):
        problem = Problem("context", f"`{context}` is not a context key.", "Give a key such as us/outreach/letter.")
        raise Invalid(str(problem), code="malformed-context", problems=(problem,))


def _overlays(specification: Specification, context: str) -> tuple[Overlay, ...]:
    ordered = contexts.from_least_to_most_specific([overlay.key for overlay in specification.contexts], context)
    by_key = {overlay.key: overlay for overlay in specification.contexts}
    return tuple(by_key[key] for key in ordered)


def _conditions(specification: Specification, context: str) -> Iterator[EffectiveCondition]:
    dimensions = {dimension.key: dimension for dimension in specification.dimensions}
    for condition in specification.conditions:
        if any(contexts.covers(pattern, context) for pattern in condition.contexts):
            dimension = dimensions[condition.dimension]
            yield EffectiveCondition(
                key=condition.key,
                dimension=dimension.key,
                dimension_name=dimension.name,
                tier=dimension.tier,
                holds_if=condition.holds_if,
                why=condition.why,
            )


def _with_places(specification: Specification) -> Iterator[tuple[str, Dimension, Criterion]]:
    for row, dimension in enumerate(specification.dimensions):
        for column, criterion in enumerate(dimension.criteria):
            yield f"dimensions[{row}].criteria[{column}]", dimension, criterion


def _resolve(
    place: str, dimension: Dimension, criterion: Criterion, overlays: tuple[Overlay, ...], context: str
) -> Iterator[EffectiveCriterion]:
    if not any(contexts.covers(pattern, context) for pattern in criterion.contexts):
        return
    base, trace = criterion, []
    for overlay in overlays:
        for tightening in overlay.tighten:
            if tightening.concerns(dimension.key, criterion):
                criterion, sentences = _tighten(criterion, tightening, overlay.key, base)
                trace += sentences
    kept = {name: getattr(criterion, name) for name in Criterion.__dataclass_fields__ if name != "contexts"}
    yield EffectiveCriterion(
        place=place,
        dimension=dimension.key,
        dimension_name=dimension.name,
        direction=dimension.direction,
        unit=dimension.unit,
        tier=dimension.tier,
        trace=tuple(trace),
        **kept,
    )


def _tighten(
    criterion: Criterion, tightening: Tightening, overlay: str, base: Criterion
) -> tuple[Criterion, list[str]]:
    stricter: dict[str, Any] = {}
    trace = []
    for field in strictness.TIGHTENABLE:
        old, new = getattr(criterion, field), getattr(tightening, field)
        if new is not None and strictness.compare(field, old, new, comparator=criterion.comparator) > 0:
            stricter[field] = new
            trace.append(f"{field} {new} comes from overlay {overlay}, tightening base {getattr(base, field)}")
    return replace(criterion, **stricter), trace
