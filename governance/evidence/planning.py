"""How many more cases would settle a question, should the rate stay what it is. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from governance.evidence import bounds

BoundAt = Callable[[int], float | None]

MOST_CASES = 10_000_000
LOOKS = 2
"""How often a guess is bettered before it is tried. The reach of a bound falls nearly as a power of the cases."""

USUAL_FALL = -0.5
"""The power by which the reach of a bound falls with the number of cases: one over their square root."""


def cases_needed(
    bound_at: BoundAt, *, n: int, threshold: Decimal, comparator: str, rate: Decimal, min_n: int = 0
) -> int | None:
    """Return how many more cases than `n` would settle on which side of `threshold` the `rate` lies.

    `bound_at(cases)` gives the bound between the rate and the threshold, None where there is none; it draws nearer to
    the rate as cases grow. None when the rate lies on the threshold, or when even MOST_CASES would not do.
    """
    if rate == threshold:
        return None
    wanted = rate > threshold if comparator == ">=" else rate < threshold

    fewest = max(n, min_n, 1)

    def settles(bound: float | None) -> bool:
        return bound is not None and bounds.meets(bound, threshold=threshold, comparator=comparator) is wanted

    first = bound_at(fewest)
    if settles(first):
        return fewest - n
    guess = _guess(bound_at, start=fewest, first=first, rate=float(rate), gap=abs(float(rate - threshold)))
    needed = _first(lambda cases: settles(bound_at(cases)), above=fewest, guess=guess)
    return None if needed is None else needed - n


def _guess(bound_at: BoundAt, *, start: int, first: float | None, rate: float, gap: float) -> int:
    """Return about how many cases bring the bound within `gap` of the rate: the secant method on logarithms."""
    cases, reach, fall = start, _reach(first, rate), USUAL_FALL
    for _ in range(LOOKS):
        following = _where(gap, cases=cases, reach=reach, fall=fall)
        nearer = _reach(bound_at(following), rate)
        if following == cases or not nearer or not reach:
            return following
        found = math.log(nearer / reach) / math.log(following / cases)
        cases, reach, fall = following, nearer, found if found < USUAL_FALL / 2 else USUAL_FALL
    return _where(gap, cases=cases, reach=reach, fall=fall)


def _where(gap: float, *, cases: int, reach: float, fall: float) -> int:
    """Return the cases at which a reach, that falls as this power of them, is as narrow as the gap."""
    if not reach:
        return cases + 1
    wanted = math.log(cases) + math.log(gap / reach) / fall
    return math.ceil(math.exp(min(max(wanted, math.log(2)), math.log(MOST_CASES))))


def _reach(bound: float | None, rate: float) -> float:
    return 0.0 if bound is None else abs(rate - bound)


def _first(settles: Callable[[int], bool], *, above: int, guess: int) -> int | None:
    """Return the smallest number above `above`, which does not settle it, that does; looked for around `guess`."""
    low, high, step = above, max(guess, above + 1), 1
    while not settles(high):
        if high >= MOST_CASES:
            return None
        low, high, step = high, min(high + step, MOST_CASES), 2 * step
    step = 1
    while high - low > 1:
        middle = max(high - step, (low + high) // 2)
        if settles(middle):
            high, step = middle, 2 * step
        else:
            low = middle
    return high
