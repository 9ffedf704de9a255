"""Dominance among vectors of scores: what can be said without weighing one value against another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from governance.errors import Invalid

Vector = Mapping[str, Decimal]
Directions = Mapping[str, str]


def dominates(first: Vector, second: Vector, directions: Directions) -> bool:
    """Return whether `first` is at least as good as `second` in every dimension and better in one.

    `directions` gives "higher" or "lower" (is better) for each dimension. Raises Invalid when a score is missing.
    """
    signs = [_compare(first, second, dimension, better) for dimension, better in directions.items()]
    return all(sign >= 0 for sign in signs) and any(sign > 0 for sign in signs)


def front(candidates: Mapping[str, Vector], directions: Directions) -> tuple[str, ...]:
    """Return the names of the candidates that no other one dominates, in the order given.

    Raises Invalid when a candidate lacks a score: a vector with a hole cannot be compared.
    """
    return tuple(
        name
        for name, vector in candidates.items()
        if not any(dominates(other, vector, directions) for other in candidates.values())
    )


def _compare(first: Vector, second: Vector, dimension: str, better: str) -> int:
    if better not in ("higher", "lower"):
        raise Invalid(f"{dimension!r}: {better!r} is no direction; use higher or lower.", code="no-direction")
    if dimension not in first or dimension not in second:
        raise Invalid(f"A candidate has no score for {dimension!r}.", code="score-missing")
    a, b = first[dimension], second[dimension]
    rise = (a > b) - (a < b)
    return rise if better == "higher" else -rise
