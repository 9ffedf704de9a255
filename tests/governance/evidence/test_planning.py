from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.evidence import bounds, planning

METHODS = st.sampled_from(bounds.PROPORTION_METHODS)


def of_a_rate(share: float, *, side: str, method: str = "clopper-pearson", alpha: float = 0.05) -> planning.BoundAt:
    def bound_at(n: int) -> float:
        return bounds.proportion_bound(successes=min(share * n, n), n=n, alpha=alpha, method=method, side=side)

    return bound_at


def test_91_clean_cases_need_208_more_for_one_percent() -> None:
    bound_at = of_a_rate(0, side=bounds.UPPER)
    more = planning.cases_needed(bound_at, n=91, threshold=Decimal("0.01"), comparator="<=", rate=Decimal(0))
    assert more == 299 - 91


def test_a_rate_on_the_threshold_is_never_settled() -> None:
    bound_at = of_a_rate(0.5, side=bounds.LOWER, method="wilson")
    half = Decimal("0.5")
    assert planning.cases_needed(bound_at, n=10, threshold=half, comparator=">=", rate=half) is None


def test_a_question_that_the_most_cases_would_not_settle_has_no_number() -> None:
    near = {"threshold": Decimal("0.5"), "comparator": ">=", "rate": Decimal("0.50001")}
    assert planning.cases_needed(of_a_rate(0.50001, side=bounds.LOWER), n=5, **near) is None  # type: ignore[arg-type]


def test_what_has_no_bound_at_any_size_has_no_number() -> None:
    assert planning.cases_needed(lambda _: None, n=5, threshold=Decimal(1), comparator=">=", rate=Decimal(2)) is None


def test_the_minimum_sample_counts_as_needed() -> None:
    bound_at, rate = of_a_rate(1, side=bounds.LOWER), Decimal(1)
    more = planning.cases_needed(bound_at, n=5, threshold=Decimal("0.1"), comparator=">=", rate=rate, min_n=100)
    assert more == 95


def test_a_mean_that_was_measured_once_is_planned_for_from_two_cases_on() -> None:
    def bound_at(n: int) -> float | None:
        both = bounds.mean_t(mean=10, sd=2, n=n, alpha=0.05)
        return None if both is None else both.lower

    more = planning.cases_needed(bound_at, n=1, threshold=Decimal(9), comparator=">=", rate=Decimal(10))
    assert more == next(n for n in range(2, 100) if (bound_at(n) or 0) >= 9) - 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 99), st.sampled_from((">=", "<=")), METHODS)
def test_the_number_found_is_the_first_that_settles_it(
    successes: int, n: int, percent: int, comparator: str, method: str
) -> None:
    successes, threshold = min(successes, n), Decimal(percent) / 100
    rate = Decimal(successes) / n
    side = bounds.LOWER if rate > threshold else bounds.UPPER
    bound_at = of_a_rate(successes / n, side=side, method=method)
    wanted = rate > threshold if comparator == ">=" else rate < threshold

    def settles(cases: int) -> bool:
        return bounds.meets(bound_at(cases), threshold=threshold, comparator=comparator) is wanted

    more = planning.cases_needed(bound_at, n=n, threshold=threshold, comparator=comparator, rate=rate)
    if more is None:
        assert rate == threshold or not settles(planning.MOST_CASES)
    else:
        assert settles(n + more)
        assert more == 0 or not settles(n + more - 1)
