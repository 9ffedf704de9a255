"""Which of two values of a field asks for more: the one order that the lint, the overlays and the diff share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from governance.specs.clauses import LEVELS

TIGHTENABLE = ("threshold", "tolerance", "alpha", "min_n", "level")


def compare(field: str, old: Any, new: Any, *, comparator: str = ">=") -> int:
    """Return 1 when `new` asks for more than `old`, -1 when it asks for less, 0 when they are equal.

    A threshold is read by its comparator; a smaller alpha or tolerance, a larger min_n and a higher evidence level
    ask for more.
    """
    rise = _sign(_rank(field, new) - _rank(field, old))
    smaller_asks_for_more = field in ("alpha", "tolerance") or (field == "threshold" and comparator == "<=")
    return -rise if smaller_asks_for_more else rise


def _rank(field: str, value: Any) -> Decimal:
    return Decimal(LEVELS.index(value)) if field == "level" else Decimal(value)


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)
