"""Numbers as people read them: rounded, but never across a threshold. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

FEWEST, MOST = 2, 6
SIGNS = {">=": "≥", "<=": "≤"}


def places(values: Iterable[str], threshold: str) -> int:
    """Return how many decimal places show on which side of `threshold` each of `values` lies: two, or more."""
    bar = Decimal(threshold)
    numbers = [Decimal(value) for value in values]
    for digits in range(FEWEST, MOST):
        if all(_side(_rounded(number, digits), bar) == _side(number, bar) for number in numbers):
            return digits
    return MOST


def shown(value: str, digits: int = FEWEST) -> str:
    """Return a decimal string with `digits` decimal places."""
    return format(_rounded(Decimal(value), digits), "f")


def figure(value: str) -> str:
    """Return a decimal string with at most three decimal places, and no more than it has."""
    number = Decimal(value)
    return value if -int(number.as_tuple().exponent) <= 3 else shown(value, 3)


def threshold(comparator: str, value: str) -> str:
    """Return what is asked for, such as "≥ 0.70"; at least two places, and none of the value's lost."""
    number = Decimal(value)
    given = -int(number.as_tuple().exponent)
    return f"{SIGNS[comparator]} {shown(value, max(FEWEST, given))}"


def _rounded(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def _side(number: Decimal, bar: Decimal) -> int:
    return (number > bar) - (number < bar)
