"""Deployment context keys: a tree by prefix, whose most specific entry wins."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from governance.errors import Invalid, Problem
from governance.specs.clauses import EVERY_CONTEXT, Specification


def covers(pattern: str, context: str) -> bool:
    """Say whether `pattern` (a key, or `*`) is `context` or stands above it in the tree."""
    return pattern == EVERY_CONTEXT or context == pattern or context.startswith(f"{pattern}/")


def meet(pattern: str, context: str) -> bool:
    """Say whether some deployment context lies under both."""
    return covers(pattern, context) or covers(context, pattern)


def uncovered(specification: Specification, context: str) -> tuple[str, ...]:
    """Return the dimensions of tier 0, by key, of which no criterion holds in `context`."""
    return tuple(
        dimension.key
        for dimension in specification.dimensions
        if dimension.tier == 0
        and not any(covers(pattern, context) for criterion in dimension.criteria for pattern in criterion.contexts)
    )


def from_least_to_most_specific(keys: Iterable[str], context: str) -> tuple[str, ...]:
    """Return those of `keys` that cover `context`, the most specific last.

    Raises Invalid when two of them are equally specific: nothing says which of them rules.
    """
    ordered = sorted((key for key in keys if covers(key, context)), key=_specificity)
    for first, second in itertools.pairwise(ordered):
        if _specificity(first) == _specificity(second):
            problem = Problem(where=f"contexts.{first}", what="This context stands twice.", remedy="Keep one of them.")
            raise Invalid(f"Two entries rule {context}. {problem}", code="context-tie", problems=(problem,))
    return tuple(ordered)


def most_specific(keys: Iterable[str], context: str) -> str | None:
    """Return the most specific of `keys` that covers `context`, or None. Raises Invalid on a tie."""
    ordered = from_least_to_most_specific(keys, context)
    return ordered[-1] if ordered else None


def _specificity(key: str) -> int:
    return 0 if key == EVERY_CONTEXT else key.count("/") + 1
