"""What overlays come to together: a floor that one tightens over the ceiling that stands beside it, or a threshold that
`min_n` cases cannot show any more. Of whole specifications only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from governance.errors import Problem
from governance.specs import contexts, fewest
from governance.specs.clauses import EVERY_CONTEXT, Criterion, Specification
from governance.specs.effective import EffectiveCriterion, effective
from governance.specs.syntax import Source


def problems(specification: Specification, source: Source) -> Iterator[Problem]:
    """Yield each context in which two criteria cannot both be met, although each can; placed at the overlay."""
    found: dict[str, Problem] = {}
    for context in _contexts(specification):
        asked = effective(specification, context).criteria
        for floor, ceiling in product(asked, asked):
            apart = floor.comparator == ">=" and ceiling.comparator == "<=" and ceiling.threshold < floor.threshold
            if apart and _same_cases(floor, ceiling) and (where := _place(specification, context, (floor, ceiling))):
                what = f"In {context} nothing is at most {ceiling.threshold} ({ceiling.place}) and at least "
                what += f"{floor.threshold} ({floor.place})."
                remedy = "Tighten less, or name the comparator meant."
                found.setdefault(where, source.problem(where, what, remedy))
    yield from found.values()


def warnings(specification: Specification, source: Source) -> Iterator[Problem]:
    """Yield each overlay under which a perfect result over `min_n` cases is not enough, where it is without."""
    base = {
        f"dimensions[{row}].criteria[{column}]"
        for row, dimension in enumerate(specification.dimensions)
        for column, criterion in enumerate(dimension.criteria)
        if not _shown(criterion)
    }
    for index, overlay in enumerate(specification.contexts):
        for criterion in effective(specification, overlay.key).criteria:
            wanted = _shown(criterion)
            if wanted and criterion.place in base:
                what = f"In {overlay.key} not even a perfect result over {criterion.min_n} cases shows that "
                what += f"{criterion.metric} is {criterion.comparator} {criterion.threshold}; that takes {wanted}."
                yield source.problem(f"contexts[{index}]", what, f"Tighten min_n to {wanted}, too, and plan for it.")


def _contexts(specification: Specification) -> list[str]:
    """Return the contexts in which something is asked that is not asked above."""
    patterns = {p for d in specification.dimensions for criterion in d.criteria for p in criterion.contexts}
    return sorted({overlay.key for overlay in specification.contexts} | (patterns - {EVERY_CONTEXT}))


def _same_cases(one: EffectiveCriterion, other: EffectiveCriterion) -> bool:
    same = (one.metric, one.aggregate) == (other.metric, other.aggregate)
    return same and bool(set(one.groups) & set(other.groups))


def _place(specification: Specification, context: str, pair: tuple[EffectiveCriterion, ...]) -> str:
    """Where the last overlay above `context` sets a threshold of one of the two; empty where none does."""
    metrics = {(criterion.dimension, criterion.metric) for criterion in pair}
    places = [
        (len(overlay.key), f"contexts[{row}].tighten[{column}].threshold")
        for row, overlay in enumerate(specification.contexts)
        for column, tightening in enumerate(overlay.tighten)
        if contexts.covers(overlay.key, context) and tightening.threshold is not None
        if (tightening.dimension, tightening.metric) in metrics
    ]
    return max(places, default=(0, ""))[1]


def _shown(criterion: Criterion | EffectiveCriterion) -> int | None:
    """How many cases it takes, where that is more than `min_n`; None for a mean."""
    wanted = fewest.cases(
        threshold=criterion.threshold,
        comparator=criterion.comparator,
        alpha=criterion.alpha,
        bound=criterion.bound,
    )
    return wanted if wanted is not None and wanted > criterion.min_n else None
