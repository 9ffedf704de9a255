from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import aggregation
from governance.evidence.bounds import LOWER
from governance.evidence.cases import Cases
from governance.evidence.records import ObservationData, Source
from tests.governance.evidence.tables import Criterion, read_cases, row, table

SOURCE = Source(evidence="run-1", subject="a" * 64, level="response")
GROUPS = {"poor": {"column": "health", "equals": "poor"}, "good": {"column": "health", "in": ["good", "excellent"]}}
CONTEXT = "us/outreach/phone"


def cases(*rows: list[Any]) -> Cases:
    return read_cases(table(*rows))


def measure(records: Cases, *criteria: Criterion) -> tuple[ObservationData, ...]:
    return aggregation.observations(records, criteria or (Criterion(),), GROUPS, context=CONTEXT, source=SOURCE)


def test_each_selector_chooses_its_population() -> None:
    records = cases(row("a"), row("b", health="good"), row("c", health="excellent"), row("d", health=None))
    chosen = {
        name: sorted(records.named(row) for row in aggregation.select(records, s).nonzero()[0])
        for name, s in (GROUPS | {"all": {}}).items()
    }
    assert chosen == {"poor": ["a"], "good": ["b", "c"], "all": ["a", "b", "c", "d"]}


@pytest.mark.parametrize(("wanted", "cell"), [(True, True), (1, 1), (1.0, 1), ("1", 1), ("true", True)])
def test_selectors_compare_numbers_and_truth_values_by_what_they_say(wanted: Any, cell: Any) -> None:
    assert aggregation.select(cases(row(health=cell)), {"column": "health", "equals": wanted}).all()


@pytest.mark.parametrize(
    "selector",
    [
        {"column": "age", "equals": 1},
        {"column": "health"},
        {"equals": 1},
        {"column": "health", "in": []},
        {"column": "health", "in": "poor"},
        {"column": "health", "equals": None},
        {"column": "health", "equals": 1, "or": 2},
    ],
)
def test_a_selector_that_cannot_select_is_refused(selector: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        aggregation.select(cases(row()), selector)


def test_one_observation_for_each_group_with_counts_and_interval() -> None:
    rows = [row(f"p{i}", value=0) for i in range(91)] + [
        row(f"g{i}", value=int(i > 0), health="good") for i in range(4)
    ]
    poor, good = measure(cases(*rows))
    assert (poor.group, poor.n, poor.successes, poor.estimate) == ("poor", 91, 0, "0")
    assert (poor.low, poor.high) == ("0", "0.0323841647")
    assert (good.group, good.n, good.successes, good.estimate, good.method) == ("good", 4, 3, "0.75", "clopper-pearson")


def test_a_group_without_a_case_has_no_observation() -> None:
    assert [o.group for o in measure(cases(row()))] == ["poor"]


def test_every_criterion_that_asks_about_a_group_has_its_levels_and_no_other_has() -> None:
    rows = [row(f"{health}{i}", value=i % 7, health=health) for health in ("poor", "good") for i in range(30)]
    both = Criterion(aggregate="mean", bound="bca")
    strict = Criterion(aggregate="mean", bound="bca", alpha=Decimal("0.01"), groups=("poor",))
    other = Criterion(dimension="another", aggregate="mean", bound="bca", alpha=Decimal("0.2"))
    found = measure(cases(*rows), both, strict, other)
    levels = {(o.dimension, o.group): [rung.alpha for rung in o.ladder] for o in found}
    assert levels == {
        ("need-is-seen", "poor"): ["0.05", "0.025", "0.01"],
        ("need-is-seen", "good"): ["0.05", "0.025"],
        ("another", "poor"): ["0.2", "0.1"],
        ("another", "good"): ["0.2", "0.1"],
    }


def test_the_first_of_several_values_that_are_no_proportion_is_named() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        with pytest.raises(Invalid, match=f"case '{first}' has 2"):
            measure(cases(row("ok"), row(first, value=2), row(second, value=2)))


def test_the_group_of_everybody_needs_no_selector() -> None:
    assert measure(cases(row("a"), row("b", health=None)), Criterion(groups=("all",)))[0].n == 2


def test_a_group_without_a_selector_is_refused() -> None:
    with pytest.raises(Invalid, match="no population selector"):
        measure(cases(row()), Criterion(groups=("migrants",)))


def test_cases_of_another_context_are_left_out_and_those_of_everywhere_count() -> None:
    records = cases(row("a", context="eu/helpdesk"), row("b", context=CONTEXT), row("c"))
    assert measure(records)[0].n == 2


def test_a_case_in_the_context_and_everywhere_is_refused() -> None:
    with pytest.raises(Invalid, match="both in the context and everywhere"):
        measure(cases(row("a", context=CONTEXT), row("a")))


def test_a_proportion_of_something_else_than_zero_and_one_is_refused_by_case() -> None:
    with pytest.raises(Invalid, match=r"case 'a' has 0\.5 for the proportion 'recall'"):
        measure(cases(row("a", value=0.5)))


def test_a_mean_carries_its_spread_and_interval() -> None:
    records = cases(*[row(f"c{i}", value=v, metric="wait") for i, v in enumerate((1, 2, 3, 4))])
    (found,) = measure(records, Criterion(metric="wait", aggregate="mean", bound="t", groups=("poor",)))
    assert (found.estimate, found.sd, found.successes) == ("2.5", "1.29099445", None)
    assert (found.low, found.high) == ("0.980910433", "4.01908957")


def test_sums_are_exact_however_far_apart_the_values_lie() -> None:
    records = cases(row("a", value=10**15), row("b", value=-(10**15)), row("c", value=1e-12))
    found = aggregation.aggregate(records, metric="recall", context=CONTEXT, how="mean")
    assert found is not None
    assert found.estimate * 3 == Fraction(1, 10**12)


def test_a_mean_of_equal_values_has_no_interval() -> None:
    records = cases(*[row(f"c{i}", value=2, metric="wait") for i in range(9)])
    (found,) = measure(records, Criterion(metric="wait", aggregate="mean", bound="bca", groups=("poor",)))
    assert (found.estimate, found.low, found.high, found.ladder) == ("2", None, None, ())


def test_a_bootstrap_carries_bounds_for_every_level_of_a_correction() -> None:
    records = cases(*[row(f"c{i}", value=i * i, metric="wait") for i in range(24)])
    criterion = Criterion(metric="wait", aggregate="mean", bound="bca")
    (found,) = measure(records, criterion)
    assert [rung.alpha for rung in found.ladder] == ["0.05", "0.025"]
    wide = aggregation.observation_bound(found, method="bca", alpha=Decimal("0.025"), side=LOWER)
    assert wide is not None
    assert found.low is not None
    assert wide < float(found.low)
    assert aggregation.observation_bound(found, method="bca", alpha=Decimal("0.01"), side=LOWER) is None


def test_two_criteria_on_one_metric_share_an_observation() -> None:
    assert len(measure(cases(row()), Criterion(), replace(Criterion(), alpha=Decimal("0.01")))) == 1


def test_claims_that_the_cases_bear_out_are_not_reported() -> None:
    measured = measure(cases(*[row(f"c{i}", value=int(i < 2)) for i in range(3)]))
    for claim in (0.6666666666666666, 0.66667, 0.667):
        assert aggregation.compare_claims(measured, {"recall/poor": claim}) == ()
    assert aggregation.compare_claims(measured, {"recall/unheard": 1, "loss": 0.2}) == ()


@pytest.mark.parametrize(
    ("found", "claim", "is_borne_out"),
    [
        ("0.9", "0.90004", False),
        ("0.90001", "0.9", True),
        ("0.0103", "0.01", True),
        ("0.0106", "0.01", False),
        ("2000.4", "2000", True),
        ("2000.6", "2000", False),
        ("12345678", "12340000", False),
        ("0.66667", "0.66666", False),
    ],
)
def test_a_claim_holds_within_half_of_its_last_place_and_never_further_than_a_two_thousandth(
    found: str, claim: str, is_borne_out: bool
) -> None:
    measured = [replace(measure(cases(row()))[0], estimate=found)]
    assert (aggregation.compare_claims(measured, {"recall/poor": claim}) == ()) == is_borne_out


@pytest.mark.parametrize("claim", [0.7, 1, 0.6672, float("nan")])
def test_a_claim_beyond_rounding_is_reported(claim: float) -> None:
    measured = measure(cases(*[row(f"c{i}", value=int(i < 2)) for i in range(3)]))
    (mismatch,) = aggregation.compare_claims(measured, {"recall/poor": claim})
    assert (mismatch.name, mismatch.found) == ("recall/poor", "0.666666667")


def test_an_overall_claim_is_compared_with_the_group_of_everybody() -> None:
    measured = measure(cases(row("a"), row("b", value=0, health="good")), Criterion(groups=("all", "poor")))
    assert [m.name for m in aggregation.compare_claims(measured, {"recall": 0.9, "recall/poor": 1})] == ["recall"]


def test_dropping_a_case_changes_the_digest_of_the_values() -> None:
    whole, part = (measure(cases(*rows))[0] for rows in ([row("a"), row("b")], [row("a")]))
    assert whole.values_digest != part.values_digest
