"""How many cases it takes at the least to show what a criterion asks of a proportion. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist


def cases(*, threshold: Decimal, comparator: str, alpha: Decimal, bound: str) -> int | None:
    """Return the fewest cases, none of them amiss, whose one-sided bound at `alpha` (above 0, at most 0.5) clears
    `threshold`; None where no number does, or the bound is not one of a proportion.

    With n of n, the lower bound of Clopper and Pearson (1934) is alpha^(1/n) and that of Wilson (1927) n / (n + z²);
    with 0 of n, the upper bound is what is left to 1.
    """
    share = float(threshold if comparator == ">=" else 1 - threshold)
    if not 0 <= share < 1:
        return None
    if share == 0:
        return 1
    if bound == "clopper-pearson":
        return max(math.ceil(math.log(float(alpha)) / math.log(share)), 1)
    if bound == "wilson":
        z = NormalDist().inv_cdf(1 - float(alpha))
        return max(math.ceil(z * z * share / (1 - share)), 1)
    return None
