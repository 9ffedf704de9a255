"""Numbers as decimal strings of nine significant digits: the form in which they are stored, shown and hashed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from governance.errors import Invalid

SIGNIFICANT_DIGITS = 9
LARGEST_EXPONENT = 60

_ROUNDING = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)

Number = int | float | Decimal | Fraction


def rounded(value: Number) -> Decimal:
    """Return `value` rounded half-even to nine significant digits. Raises Invalid for NaN and infinity."""
    # Asked in this order, because it is slow to ask whether something is a Fraction.
    if isinstance(value, Decimal | float | int):
        number = _ROUNDING.create_decimal(value)
    else:
        number = _ROUNDING.create_decimal(_EXACT.divide(Decimal(value.numerator), Decimal(value.denominator)))
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Invalid(f"{value} is not a number that can be recorded.", code="not-a-number")
    return number


def text(value: Number) -> str:
    """Return `value` as a plain decimal string of at most nine significant digits: no exponent, no trailing zeros."""
    number = rounded(value)
    return format(number.normalize(), "f") if number else "0"
