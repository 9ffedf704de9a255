"""Numbers as decimal strings of nine significant digits: the form in which they are stored, shown and hashed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from governance.errors import Invalid

SIGNIFICANT_DIGITS = 9
LARGEST_EXPONENT = 60

_ROUNDING = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)

Number = int | float | Decimal | Fraction
_PLAIN = (Decimal, float, int)


def rounded(value: Number) -> Decimal:
    """Return `value` rounded half-even to nine significant digits. Raises Invalid for NaN and infinity."""
    # Asked in this order, because it is slow to ask whether something is a Fraction.
    number = _ROUNDING.create_decimal(value) if isinstance(value, _PLAIN) else _divided(value)
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Invalid(f"{value} is not a number that can be recorded.", code="not-a-number")
    return number


def _divided(value: Fraction) -> Decimal:
    return _ROUNDING.divide(Decimal(value.numerator), Decimal(value.denominator))


def text(value: Number) -> str:
    """Return `value` as a plain decimal string of at most nine significant digits: no exponent, no trailing zeros."""
    return written(rounded(value))


def quotient(numerator: int, denominator: int) -> str:
    """Return `text` of a fraction whose parts are counts, the denominator above 0."""
    return written(_ROUNDING.divide(Decimal(numerator), Decimal(denominator)))


def written(number: Decimal) -> str:
    """Return a number, with the digits that it has, as a plain decimal string without trailing zeros."""
    return format(number.normalize(), "f") if number else "0"
