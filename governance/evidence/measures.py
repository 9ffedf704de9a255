"""Measures of calibration, clarification, disagreement and distance. Pure, and in plain Python.

A measure that its data leaves undefined is None, never a number that looks like a result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence, Sized
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from governance.errors import Invalid
from governance.evidence import bounds
from governance.evidence.growing import parts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Clarification:
    """How well a model asks back: `recall` of the unclear cases, `precision` of its questions, `over_asking` on clear
    cases; each in [0, 1], None where its denominator is empty."""

    recall: float | None
    precision: float | None
    over_asking: float | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A viewpoint cluster: its share of the population and its mean rating of how well it feels represented."""

    prevalence: float
    rating: float


def calibration_error(confidences: ArrayLike, outcomes: ArrayLike, *, bins: int = 5) -> float | None:
    """Return the expected calibration error over `bins` equal-width bins, closed on the left (Naeini et al. 2015).

    `confidences` lie in [0, 1]; `outcomes` are 0 or 1, or the mean of several such for one case, which leaves the sums
    of a bin as they are; both of equal length. Raises Invalid otherwise.
    """
    import numpy as np

    stated, came_out = np.asarray(confidences, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    _check_lengths(stated, came_out)
    if not ((stated >= 0) & (stated <= 1)).all():
        raise Invalid("A confidence is outside [0, 1].", code="impossible-confidence")
    if not ((came_out >= 0) & (came_out <= 1)).all():
        raise Invalid("An outcome is outside [0, 1].", code="impossible-outcome")
    if not len(stated):
        return None
    # The nearest double stands for a decimal on both sides: 0.6 belongs to the bin that begins at 0.6.
    bin_of = np.searchsorted(np.array([bound / bins for bound in range(1, bins)]), stated, side="right")
    gaps = (abs(bounds.total(parts((came_out - stated)[bin_of == number]))) for number in range(bins))
    return math.fsum(gaps) / len(stated)


def brier(confidences: Sequence[float], outcomes: Sequence[int]) -> float | None:
    """Return the mean squared difference of confidence, in [0, 1], and outcome, 0 or 1 (Brier 1950)."""
    _check_lengths(confidences, outcomes)
    if not all(0 <= confidence <= 1 for confidence in confidences):
        raise Invalid("A confidence is outside [0, 1].", code="impossible-confidence")
    if not all(outcome in (0, 1) for outcome in outcomes):
        raise Invalid("An outcome is neither 0 nor 1.", code="impossible-outcome")
    if not confidences:
        return None
    squares = ((confidence - outcome) ** 2 for confidence, outcome in zip(confidences, outcomes, strict=True))
    return math.fsum(squares) / len(confidences)


def clarification(*, asked_unclear: int, silent_unclear: int, asked_clear: int, silent_clear: int) -> Clarification:
    """Return recall, precision and over-asking from the four counts of (asked or silent) x (unclear or clear)."""
    return Clarification(
        recall=_share(asked_unclear, asked_unclear + silent_unclear),
        precision=_share(asked_unclear, asked_unclear + asked_clear),
        over_asking=_share(asked_clear, asked_clear + silent_clear),
    )


def normalised_entropy(counts: Sequence[int]) -> float | None:
    """Return Shannon's entropy of the votes as a share of its maximum, log of the number of options: 0 agreed, 1 split.

    `counts` has one entry for each option, chosen or not. None without votes or with fewer than two options.
    """
    _check_counts(*counts)
    total = sum(counts)
    if total == 0 or len(counts) < 2:
        return None
    return math.fsum(-c / total * math.log(c / total) for c in counts if c) / math.log(len(counts)) + 0.0


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha for nominal ratings: 1 - observed / expected disagreement.

    `units` give the ratings of each unit, raters in any order and of any number; units with fewer than two ratings
    cannot be paired and are left out. None when nothing pairs or only one category was ever used.
    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), by the coincidence matrix.
    """
    totals: Counter[Hashable] = Counter()
    differing: Counter[int] = Counter()
    for unit in units:
        if len(unit) >= 2:
            counts = Counter(unit)
            totals.update(counts)
            differing[len(unit)] += len(unit) ** 2 - sum(count * count for count in counts.values())
    n = totals.total()
    expected = Fraction(n * n - sum(count * count for count in totals.values()), n - 1) if n else Fraction(0)
    if not expected:
        return None
    observed = sum((Fraction(pairs, size - 1) for size, pairs in differing.items()), Fraction(0))
    return float(1 - observed / expected)


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Kendall's tau-b of two scores over the same candidates: 1 same ranking, -1 opposite (Kendall 1945).

    None with fewer than two candidates or when one score ranks none above another. Raises Invalid for unequal lengths.
    """
    _check_lengths(first, second)
    concordant = discordant = tied_first = tied_second = 0
    for i, j in combinations(range(len(first)), 2):
        a, b = first[i] - first[j], second[i] - second[j]
        tied_first += a == 0
        tied_second += b == 0
        concordant += a * b > 0
        discordant += a * b < 0
    pairs = math.comb(len(first), 2)
    scale = math.sqrt((pairs - tied_first) * (pairs - tied_second))
    return (concordant - discordant) / scale if scale else None


def overton_coverage(clusters: Sequence[Cluster], *, tau: float, weighted: bool = False) -> float | None:
    """Return the share of viewpoint clusters whose mean rating is at least `tau`; `weighted` by their prevalence."""
    weights = [cluster.prevalence if weighted else 1.0 for cluster in clusters]
    total = math.fsum(weights)
    if total <= 0:
        return None
    return math.fsum(w for w, c in zip(weights, clusters, strict=True) if c.rating >= tau) / total


def jensen_shannon_divergence(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the Jensen-Shannon divergence, base 2, of two distributions over the same options: in [0, 1] (Lin 1991).

    Raises Invalid unless both have the same length, no negative entry and sum to one.
    """
    _check_distributions(first, second)
    middle = [(p + q) / 2 for p, q in zip(first, second, strict=True)]
    return max(0.0, (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2)


def jensen_shannon_distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the square root of the divergence, which is a metric (Endres & Schindelin 2003)."""
    return math.sqrt(jensen_shannon_divergence(first, second))


def total_variation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return half the absolute difference of two distributions, in [0, 1]; inputs as for the divergence."""
    _check_distributions(first, second)
    return math.fsum(abs(p - q) for p, q in zip(first, second, strict=True)) / 2


def hidden_failure_rate(*, passing_both: int, failing_a_mark: int) -> float | None:
    """Return P(fails a process mark | passes helpfulness and safety); None, never 0, when nothing passes both."""
    if failing_a_mark > passing_both:
        raise Invalid("More cases fail a process mark than pass both helpfulness and safety.", code="impossible-counts")
    return _share(failing_a_mark, passing_both)


def _share(part: int, whole: int) -> float | None:
    _check_counts(part, whole)
    return part / whole if whole else None


def _relative_entropy(first: Sequence[float], second: Sequence[float]) -> float:
    return math.fsum(p * math.log2(p / q) for p, q in zip(first, second, strict=True) if p > 0)


def _check_counts(*counts: int) -> None:
    if any(count < 0 for count in counts):
        raise Invalid("A count is negative.", code="impossible-counts")


def _check_lengths(first: Sized, second: Sized) -> None:
    if len(first) != len(second):
        raise Invalid(f"The two rows have {len(first)} and {len(second)} entries.", code="unequal-lengths")


def _check_distributions(first: Sequence[float], second: Sequence[float]) -> None:
    _check_lengths(first, second)
    for row in (first, second):
        if not all(p >= 0 for p in row) or not math.isclose(math.fsum(row), 1, abs_tol=1e-9):
            raise Invalid("A distribution has a negative entry or does not sum to one.", code="no-distribution")
