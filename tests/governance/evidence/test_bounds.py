from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from governance.errors import Invalid
from governance.evidence import bounds
from governance.evidence.bounds import Bounds

METHODS = st.sampled_from(bounds.PROPORTION_METHODS)
TEN = np.array([1.2, 0.4, 3.3, 2.2, 5.0, 0.1, 1.9, 2.4, 9.0, 1.1])
NORMAL = np.concatenate([TEN, TEN / 2, TEN + 0.35])


def at(successes: int, n: int, *, alpha: float = 0.05, method: str = "clopper-pearson") -> Bounds:
    return bounds.proportion(successes=successes, n=n, alpha=alpha, method=method)


@pytest.mark.parametrize(
    ("successes", "n", "upper"),
    [(0, 91, 0.03238), (1, 91, 0.05107), (3, 91, 0.08300), (3, 1000, 0.00774), (0, 299, 0.00997)],
)
def test_upper_bounds_of_clopper_and_pearson(successes: int, n: int, upper: float) -> None:
    assert at(successes, n).upper == pytest.approx(upper, abs=5e-6)


def test_298_clean_cases_are_just_too_few_for_one_percent() -> None:
    assert 0.0100 < at(0, 298).upper < 0.01001


def test_wilson_agrees_with_its_published_example() -> None:
    # Newcombe (1998), table I: 81 of 263, 95 % two-sided, .2553 to .3662.
    found = at(81, 263, alpha=0.025, method="wilson")
    assert (found.lower, found.upper) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_t_agrees_with_the_table() -> None:
    found = bounds.mean_t(mean=10, sd=2, n=16, alpha=0.05)
    assert found is not None
    assert found.upper == pytest.approx(10 + 1.753 * 2 / 4, abs=5e-4)
    assert found.lower == pytest.approx(10 - 1.753 * 2 / 4, abs=5e-4)


def test_two_cases_have_a_mean_with_bounds() -> None:
    found = bounds.mean_t(mean=0, sd=1, n=2, alpha=0.05)
    assert found is not None
    assert found.upper == pytest.approx(6.314 / 2**0.5, abs=5e-4)


@pytest.mark.parametrize(("sd", "n"), [(1, 1), (0, 20)])
def test_a_mean_of_unknown_spread_has_no_bounds(sd: float, n: int) -> None:
    assert bounds.mean_t(mean=1, sd=sd, n=n, alpha=0.05) is None
    assert bounds.mean_bca(np.ones(n), alphas=[0.05]) is None


def test_a_bootstrap_of_fewer_than_twenty_cases_says_nothing() -> None:
    assert bounds.mean_bca(np.array([10.0, 11.0]), alphas=[0.05]) is None
    assert bounds.mean_bca(NORMAL[:19], alphas=[0.05]) is None
    assert bounds.mean_bca(NORMAL[:20], alphas=[0.05]) is not None


@pytest.mark.parametrize(("size", "in_blocks"), [(99_999, False), (100_000, True)])
def test_from_a_hundred_thousand_values_on_they_are_resampled_in_blocks(
    size: int, in_blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "RESAMPLES", 50)
    values = np.arange(size) / 7
    found = bounds.mean_bca(values, alphas=[0.05])
    for many, are_blocks in ((1, True), (size + 1, False)):
        monkeypatch.setattr(bounds, "MANY", many)
        assert (bounds.mean_bca(values, alphas=[0.05]) == found) == (are_blocks == in_blocks)


@pytest.mark.parametrize(
    ("bound", "threshold", "at_least", "at_most"),
    [
        (0.6999999997, "0.7", True, True),
        (0.7000000003, "0.7", True, True),
        (0.6999999994, "0.7", False, True),
        (0.7000000006, "0.7", True, False),
        (699999.9997, "700000", True, True),
        (700000.0006, "700000", True, False),
        (-0.7000000003, "-0.7", True, True),
        (-0.7000000006, "-0.7", False, True),
        (0.71, "0.7", True, False),
        (0.69, "0.7", False, True),
        (0.0, "0", True, True),
    ],
)
def test_a_bound_is_held_against_its_threshold_in_nine_digits(
    bound: float, threshold: str, at_least: bool, at_most: bool
) -> None:
    found = [bounds.meets(bound, threshold=Decimal(threshold), comparator=comparator) for comparator in (">=", "<=")]
    assert found == [at_least, at_most]


RATINGS = np.array((1, 2, 2, 3, 3, 3, 4, 4, 5, 9) * 6) / 10


@pytest.mark.parametrize(("sample", "near"), [(NORMAL, 0.15), (RATINGS, 0.005)])
def test_the_bootstrap_is_near_that_of_scipy(sample: NDArray[np.float64], near: float) -> None:
    from scipy.stats import bootstrap

    theirs = bootstrap((sample,), np.mean, n_resamples=20_000, confidence_level=0.9, method="BCa", rng=1)
    ours = bounds.mean_bca(sample, alphas=[0.05])
    assert ours is not None
    assert ours[0].lower == pytest.approx(theirs.confidence_interval.low, abs=near)
    assert ours[0].upper == pytest.approx(theirs.confidence_interval.high, abs=near)


SKEWED = np.array([number**3 / 1000 for number in range(40)])


@pytest.mark.parametrize(
    ("sample", "in_blocks", "expected"),
    [
        (NORMAL, False, [(1.755, 3.16015343), (1.49407617, 3.71927177)]),
        (RATINGS, False, [(0.318333333, 0.41), (0.3, 0.445)]),
        (SKEWED, False, [(11.0883085, 20.2929371), (9.07503204, 23.2483825)]),
        (np.arange(2000) ** 2 / 7, True, [(184130.5, 196588.418)]),
    ],
    ids=["one by one", "with ties", "skewed", "in blocks"],
)
def test_the_bounds_of_a_bootstrap_are_these_on_any_machine(
    sample: NDArray[np.float64], in_blocks: bool, expected: list[tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_blocks:
        monkeypatch.setattr(bounds, "MANY", 1)
    found = bounds.mean_bca(sample, alphas=[0.05, 0.005][: len(expected)])
    assert found is not None
    assert [(bound.lower, bound.upper) for bound in found] == [pytest.approx(pair, rel=1e-8) for pair in expected]


@pytest.mark.parametrize(("distinct", "by_counts"), [(256, True), (257, False)])
def test_up_to_256_different_values_are_resampled_by_how_often_each_occurs(
    distinct: int, by_counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = np.arange(300) % distinct / 7
    found = bounds.mean_bca(sample, alphas=[0.05])
    for few in (1000, 0):
        monkeypatch.setattr(bounds, "FEW_VALUES", few)
        assert (bounds.mean_bca(sample, alphas=[0.05]) == found) == (by_counts == bool(few))


def test_ratings_are_resampled_alike_by_their_counts_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    by_counts = bounds.mean_bca(RATINGS, alphas=[0.05])
    monkeypatch.setattr(bounds, "FEW_VALUES", 0)
    one_by_one = bounds.mean_bca(RATINGS, alphas=[0.05])
    assert by_counts is not None
    assert one_by_one is not None
    assert by_counts[0].lower == pytest.approx(one_by_one[0].lower, abs=0.005)
    assert by_counts[0].upper == pytest.approx(one_by_one[0].upper, abs=0.005)


def test_the_bootstrap_gives_the_same_bounds_whatever_the_order_of_the_rows() -> None:
    assert bounds.mean_bca(NORMAL, alphas=[0.05, 0.01]) == bounds.mean_bca(NORMAL[::-1], alphas=[0.05, 0.01])


def test_the_sign_of_nought_chooses_no_other_bounds() -> None:
    plain = np.concatenate([np.zeros(20), TEN])
    signed = np.concatenate([np.zeros(11), -np.zeros(9), TEN])
    assert bounds.mean_bca(plain, alphas=[0.05]) == bounds.mean_bca(signed, alphas=[0.05])


def test_the_bootstrap_refuses_a_tail_in_which_fewer_than_ten_resamples_lie() -> None:
    assert bounds.mean_bca(NORMAL, alphas=[10 / 9999]) is not None
    with pytest.raises(Invalid):
        bounds.mean_bca(NORMAL, alphas=[9.99 / 9999])


def test_half_is_the_largest_alpha() -> None:
    assert at(1, 2, alpha=0.5).lower <= 0.5 <= at(1, 2, alpha=0.5).upper


@pytest.mark.parametrize(
    ("successes", "n", "alpha", "method"),
    [
        (3, 2, 0.05, "wilson"),
        (-1, 2, 0.05, "wilson"),
        (0, 0, 0.05, "wilson"),
        (1, 2, 0.51, "wilson"),
        (1, 2, 0, "wilson"),
        (1, 2, float("nan"), "wilson"),
        (1, 2, 0.05, "t"),
    ],
)
def test_impossible_questions_are_refused(successes: int, n: int, alpha: float, method: str) -> None:
    with pytest.raises(Invalid):
        at(successes, n, alpha=alpha, method=method)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.data(), METHODS)
def test_bounds_enclose_the_rate_and_widen_as_alpha_falls(n: int, data: st.DataObject, method: str) -> None:
    successes = data.draw(st.integers(0, n))
    narrow, wide = at(successes, n, alpha=0.1, method=method), at(successes, n, alpha=0.01, method=method)
    assert 0 <= wide.lower <= narrow.lower <= successes / n + 1e-12
    assert successes / n - 1e-12 <= narrow.upper <= wide.upper <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(any)), METHODS)
def test_bounds_that_are_asked_for_at_once_are_those_that_are_asked_for_one_by_one(
    pairs: list[tuple[int, int]], method: str
) -> None:
    counts = [(successes, successes + failures) for successes, failures in pairs]
    for side in (bounds.LOWER, bounds.UPPER):
        together = bounds.proportion_bounds(counts, alpha=0.05, method=method, side=side)
        assert together == [at(successes, n, method=method).on(side) for successes, n in counts]


def test_no_impossible_counts_slip_in_among_many() -> None:
    with pytest.raises(Invalid, match="3 of 2"):
        bounds.proportion_bounds([(1, 2), (3, 2)], alpha=0.05, method="clopper-pearson", side=bounds.LOWER)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30))
def test_the_exact_bound_never_promises_too_much(successes: int, failures: int) -> None:
    from scipy.stats import binom

    n = max(1, successes + failures)
    lower = at(min(successes, n), n).lower
    assert float(binom.sf(min(successes, n) - 1, n, lower)) <= 0.05 + 1e-9 or lower == 0
