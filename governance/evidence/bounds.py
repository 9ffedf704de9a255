"""One-sided confidence bounds. Pure; scipy inside the functions.

Every lower and upper bound here holds alone at `1 - alpha`; together they are an interval at `1 - 2 alpha`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from governance.errors import Invalid
from governance.evidence import decimals
from governance.evidence.growing import parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOWER, UPPER = "lower", "upper"

PROPORTION_METHODS = ("clopper-pearson", "wilson")
MEAN_METHODS = ("t", "bca")
METHOD_NAMES = {"clopper-pearson": "Clopper–Pearson", "wilson": "Wilson", "t": "Student t", "bca": "BCa bootstrap"}

RESAMPLES = 9999
SMALLEST_BOOTSTRAP_ALPHA = 10 / RESAMPLES
"""Below it, fewer than ten resamples lie beyond the bound, which says too little about the tail."""

FEWEST_TO_RESAMPLE = 20
"""A bootstrap never leaves the range of its sample, and covers too little when that holds only a few cases."""

ROUNDING = 1e-12
"""Relative difference of two means of the same cases that were summed in another order."""

FEW_VALUES = 256
"""Distinct values, such as ratings, up to which resamples are drawn by how often each value occurs."""

MANY = 100_000
"""Cases from which on a resample is drawn by blocks of neighbouring values, at least some 400 in each."""

DIGITS_MATTER = 1e-7
"""Relative distance beyond which rounding to nine digits cannot change which of two numbers is the larger."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A lower and an upper one-sided bound, in the unit of what was measured."""

    lower: float
    upper: float

    def on(self, side: str) -> float:
        """Return the bound on `side` (LOWER or UPPER)."""
        return self.lower if side == LOWER else self.upper


def proportion(*, successes: float, n: float, alpha: float, method: str) -> Bounds:
    """Return both one-sided bounds of a proportion: see `proportion_bound`."""
    lower, upper = (
        proportion_bound(successes=successes, n=n, alpha=alpha, method=method, side=side) for side in (LOWER, UPPER)
    )
    return Bounds(lower, upper)


def proportion_bound(*, successes: float, n: float, alpha: float, method: str, side: str) -> float:
    """Return the one-sided bound on `side` (LOWER or UPPER) of a proportion with `successes` of `n` cases.

    `method` is one of PROPORTION_METHODS; counts may be fractional while planning a sample. Raises Invalid for
    impossible counts, an alpha outside (0, 0.5], or another method.
    """
    _check_alpha(alpha)
    _check_counts(successes, n)
    if method in PROPORTION_METHODS and (end := _end(successes, n, side)) is not None:
        return end
    if method == "clopper-pearson":
        return float(_clopper_pearson(successes, n, alpha=alpha, side=side))
    if method == "wilson":
        return _wilson(successes, n, alpha, side)
    raise Invalid(f"{method!r} does not bound a proportion; use one of {', '.join(PROPORTION_METHODS)}.")


def proportion_bounds(counts: Sequence[tuple[int, int]], *, alpha: float, method: str, side: str) -> list[float]:
    """Return `proportion_bound` of each (successes, n), those of Clopper and Pearson all at once."""
    if method != "clopper-pearson":
        return [proportion_bound(successes=s, n=n, alpha=alpha, method=method, side=side) for s, n in counts]
    _check_alpha(alpha)
    for successes, n in counts:
        _check_counts(successes, n)
    import numpy as np

    of, n_of = np.array(counts, dtype=np.float64).reshape(-1, 2).T
    found = _clopper_pearson(of, n_of, alpha=alpha, side=side).tolist()
    return [
        bound if (end := _end(successes, n, side)) is None else end
        for bound, (successes, n) in zip(found, counts, strict=True)
    ]


def mean_t(*, mean: float, sd: float, n: int, alpha: float) -> Bounds | None:
    """Return the one-sided bounds of a mean by Student's t, from the sample's mean and sd (n - 1).

    None when the spread is unknown: fewer than two cases, or cases that are all equal.
    """
    _check_alpha(alpha)
    if n < 2 or sd <= 0:
        return None
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, 1 - alpha)) * sd / math.sqrt(n)
    return Bounds(mean - reach, mean + reach)


def mean_bca(values: NDArray[np.float64], *, alphas: Sequence[float]) -> tuple[Bounds, ...] | None:
    """Return the one-sided bounds of the mean at each of `alphas`, by the BCa bootstrap of Efron (1987).

    The random stream is seeded by the digest of the values, in any order, so that the same values give the same
    bounds. From MANY values on they are resampled in blocks (see `_neighbours`). None when nothing can be said: fewer
    than FEWEST_TO_RESAMPLE cases, or cases that are all equal. Raises Invalid for an alpha below
    SMALLEST_BOOTSTRAP_ALPHA.
    """
    for alpha in alphas:
        _check_alpha(alpha)
        if alpha < SMALLEST_BOOTSTRAP_ALPHA:
            raise Invalid(f"{RESAMPLES} resamples cannot bound a mean at alpha {alpha}.", code="impossible-alpha")
    import numpy as np
    from scipy.special import ndtr, ndtri

    sample = values + 0.0  # without the sign of nought, which would choose another random stream
    sample.sort()
    if len(sample) < FEWEST_TO_RESAMPLE or sample[0] == sample[-1]:
        return None
    means = _bootstrap_means(sample, seed=_seed(sample))
    centre = total(parts(sample)) / len(sample)
    away_from, same = means - centre, abs(centre) * ROUNDING
    below = (np.count_nonzero(away_from < -same) + np.count_nonzero(abs(away_from) <= same) / 2) / len(means)
    bias = float(ndtri(min(max(below, 0.5 / len(means)), 1 - 0.5 / len(means))))
    squares, cubes = (total((part - centre) ** power for part in parts(sample)) for power in (2, 3))
    acceleration = cubes / (6 * squares**1.5)

    def quantile(alpha: float) -> float:
        reach = bias + float(ndtri(alpha))
        return float(np.quantile(means, float(ndtr(bias + reach / max(1 - acceleration * reach, 1e-9)))))

    return tuple(Bounds(quantile(alpha), quantile(1 - alpha)) for alpha in alphas)


def total(values: Iterable[NDArray[np.float64]]) -> float:
    """Return the sum of every item, rounded once (Shewchuk 1997): the same in any order and on any machine."""
    return math.fsum(chain.from_iterable(part.tolist() for part in values))


def meets(bound: float, *, threshold: Decimal, comparator: str) -> bool:
    """Return whether a bound is on the right side of the threshold: asked of the bound that speaks against a claim it
    says that the claim holds, and of the bound that favours it, that it may."""
    above = _above(bound, threshold)
    return above >= 0 if comparator == ">=" else above <= 0


def _above(bound: float, threshold: Decimal) -> float:
    """Return a number with the sign of what `bound`, in nine digits, has over `threshold`. Digits are counted only
    where they could matter: it is slow, and a search asks a dozen times for each cell."""
    gap, limit = bound - float(threshold), abs(bound) * DIGITS_MATTER
    return gap if abs(gap) > limit else float(decimals.rounded(bound) - threshold)


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha <= 0.5:
        raise Invalid(f"alpha {alpha} is not above 0 and at most 0.5.", code="impossible-alpha")


def _check_counts(successes: float, n: float) -> None:
    if n <= 0 or not 0 <= successes <= n:
        raise Invalid(f"{successes} of {n} cases is no proportion.", code="impossible-counts")


def _end(successes: float, n: float, side: str) -> float | None:
    """Return 0 or 1 where the bound is that whatever alpha is: below no success, and above no failure."""
    if side == LOWER:
        return 0.0 if successes == 0 else None
    return 1.0 if successes == n else None


def _clopper_pearson(successes: Any, n: Any, *, alpha: float, side: str) -> Any:
    """Clopper & Pearson (1934), by the quantiles of the beta distribution, of numbers or of arrays of them."""
    if side == LOWER:
        return _beta_quantile()(successes, n - successes + 1, alpha)
    return _beta_quantile()(successes + 1, n - successes, 1 - alpha)


@cache
def _beta_quantile() -> Callable[[Any, Any, float], Any]:
    """Return SciPy's function; to import it anew in each of thousands of calls takes as long as to call it."""
    from scipy.special import betaincinv

    return betaincinv  # type: ignore[no-any-return]


def _wilson(successes: float, n: float, alpha: float, side: str) -> float:
    # Wilson (1927): the rates whose score test does not reject.
    from scipy.special import ndtri

    z, rate = float(ndtri(1 - alpha)), successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, centre - reach) if side == LOWER else min(1.0, centre + reach)


def _seed(ordered: NDArray[np.float64]) -> list[int]:
    content = hashlib.sha256(f"bca {RESAMPLES} ".encode())
    for part in parts(ordered):
        content.update(part.astype(">f8").data)
    digest = content.digest()
    return [int.from_bytes(digest[at : at + 4], "big") for at in range(0, len(digest), 4)]


def _bootstrap_means(sample: NDArray[np.float64], *, seed: list[int]) -> NDArray[np.float64]:
    import numpy as np

    # RandomState, because NumPy promises (NEP 19) never to change its stream; Generator's may change.
    stream, size = np.random.RandomState(seed), len(sample)
    few = np.count_nonzero(sample[1:] != sample[:-1]) < FEW_VALUES
    if not few and size < MANY:
        return np.array([sample[stream.randint(0, size, size)].mean() for _ in range(RESAMPLES)])
    blocks = np.split(sample, np.flatnonzero(sample[1:] != sample[:-1]) + 1) if few else _neighbours(sample)
    distinct, counts, spreads = (np.array(found) for found in zip(*map(_block, blocks), strict=True))
    # How often each value is drawn is all that a mean asks, and it is multinomial: the same draw, however many cases.
    drawn = stream.multinomial(size, counts / size, RESAMPLES)
    within = np.sqrt(drawn @ spreads) * stream.standard_normal(RESAMPLES) if spreads.any() else 0.0
    return np.asarray((drawn @ distinct + within) / size)


def _neighbours(ordered: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return FEW_VALUES blocks of neighbouring values.

    A resample takes a multinomial number from each block, and their sum is then that of hundreds of independent draws
    within it: normal by the central limit theorem, with the block's own mean and variance.
    """
    import numpy as np

    return np.array_split(ordered, FEW_VALUES)


def _block(values: NDArray[np.float64]) -> tuple[float, int, float]:
    """Return mean, size and variance of a block, of which equal values have none."""
    if values[0] == values[-1]:
        return float(values[0]), len(values), 0.0
    return float(values.mean()), len(values), float(values.var())
