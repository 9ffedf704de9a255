from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import aggregation, bounds
from governance.evidence.records import MeasuredSignal, ObservationData
from governance.gates import engine, members
from tests.governance.evidence.tables import read_cases, row, table
from tests.governance.gates.asked import (
    CONTEXT,
    MODEL,
    SOURCE,
    averaged,
    cell,
    counted,
    criterion,
    judge,
    rule,
    specification,
    verdicts,
)

RARE = criterion(comparator="<=", direction="lower", threshold=Decimal("0.01"), groups=("all",))


def test_each_group_gets_its_own_verdict_and_the_worst_is_the_whole() -> None:
    asked = [criterion(groups=("poor", "good", "fair"))]
    report = judge(asked, counted("poor", 50, 100), counted("good", 95, 100), counted("fair", 72, 100))
    assert verdicts(report) == {"recall/poor": "FAIL", "recall/good": "PASS", "recall/fair": "INSUFFICIENT"}
    assert report.verdict == "FAIL"


def test_91_clean_cases_do_not_support_under_one_percent_and_208_more_would() -> None:
    found = cell(judge([RARE], counted("all", 0, 91)), "all")
    assert (found["verdict"], found["more_cases"]) == ("INSUFFICIENT", 208)
    assert found["would_change"] == "About 208 more cases would settle it, if the estimate stays 0."
    assert judge([RARE], counted("all", 0, 298)).verdict == "INSUFFICIENT"
    assert judge([RARE], counted("all", 0, 299)).verdict == "PASS"


def test_an_interval_across_the_threshold_is_insufficient_however_good_the_estimate() -> None:
    asked = criterion(threshold=Decimal("0.90"), groups=("all",))
    found = cell(judge([asked], counted("all", 273, 300)), "all")
    assert found["verdict"] == "INSUFFICIENT"
    assert found["estimate"] == "0.91"
    assert found["more_cases"] > 1000


def test_a_cell_explains_itself() -> None:
    report = judge([criterion(groups=("poor", "good"))], counted("poor", 50, 100), counted("good", 95, 100))
    poor, good = cell(report, "poor"), cell(report, "good")
    assert good["reason"] == "The lower bound 0.897747 (95 % one-sided, n = 100) is at least 0.7."
    assert good["would_change"] == "The lower bound lies 0.197747 from the threshold."
    assert good["interval"]["low"] == "0.897746622"
    assert (good["evidence"], good["n"], good["successes"], good["estimate"]) == ("run-1", 100, 95, "0.95")
    assert poor["reason"] == "Even the upper bound 0.601679 (97.5 % one-sided, n = 100) is not at least 0.7."
    assert poor["interval"]["name"] == "Clopper–Pearson, one-sided 95 %; upper bound 97.5 % (Holm over 2 groups)"
    assert (poor["interval"]["low_alpha"], poor["interval"]["high_alpha"]) == ("0.05", "0.025")


def test_fewer_cases_than_asked_for_are_insufficient_even_when_all_are_right() -> None:
    found = cell(judge([criterion(min_n=200, groups=("poor",))], counted("poor", 100, 100)), "poor")
    assert (found["verdict"], found["more_cases"]) == ("INSUFFICIENT", 100)
    assert found["reason"] == "100 cases are fewer than the 200 that the specification asks for."


@pytest.mark.parametrize(
    ("changes", "said", "none_of"),
    [
        ({}, "12", 12),
        ({"group": "good"}, "there is no evidence of recall for poor", None),
        ({"metric": "precision"}, "there is no evidence of recall for poor", None),
        ({"context": "us/outreach/letter"}, "there is no evidence of recall for poor", None),
        ({"source": replace(SOURCE, subject="b" * 64)}, "there is no evidence of recall for poor", None),
    ],
)
def test_only_what_is_undefined_for_this_very_cell_is_said_to_be(
    changes: dict[str, Any], said: str, none_of: int | None
) -> None:
    told: dict[str, Any] = {"signal": "undefined", "dimension": "need-is-seen", "metric": "recall", "group": "poor"}
    found = MeasuredSignal(**told | {"context": CONTEXT, "value": "0", "n": 12, "source": SOURCE} | changes)
    shown = cell(judge([criterion()], counted("good", 99, 100), measured_signals=[found]), "poor")
    assert (said in shown["reason"], shown["none_of"]) == (True, none_of)


def test_one_case_fewer_than_asked_for_is_one_too_few() -> None:
    asked = criterion(min_n=101, groups=("poor",))
    assert cell(judge([asked], counted("poor", 100, 100)), "poor")["more_cases"] == 1
    assert judge([asked], counted("poor", 101, 101)).verdict == "PASS"


@pytest.mark.parametrize(("successes", "alpha", "side"), [(74, 0.05, "lower"), (66, 0.025, "upper")])
def test_how_many_more_cases_settle_it_is_counted_at_the_level_of_the_claim_that_they_could_make(
    successes: int, alpha: float, side: str
) -> None:
    found = cell(judge([criterion()], counted("poor", successes, 100), counted("good", 95, 100)), "poor")

    def settles(cases: int) -> bool:
        at = {"successes": successes * cases / 100, "n": cases, "alpha": alpha, "method": "clopper-pearson"}
        bound = bounds.proportion_bound(**at, side=side)
        return bound >= 0.7 if side == "lower" else bound < 0.7

    needed = 100 + found["more_cases"]
    assert (found["verdict"], settles(needed), settles(needed - 1)) == ("INSUFFICIENT", True, False)


def test_a_group_of_exactly_as_many_cases_as_asked_for_is_tested_in_the_family() -> None:
    """Once the other failure is established the family is smaller, and 61 of 100 fails at 0.05, not at 0.025."""
    asked = criterion(min_n=100)
    assert bounds.proportion(successes=61, n=100, alpha=0.05, method="clopper-pearson").upper < 0.7
    assert bounds.proportion(successes=61, n=100, alpha=0.025, method="clopper-pearson").upper > 0.7
    report = judge([asked], counted("poor", 30, 100), counted("good", 61, 100))
    assert verdicts(report) == {"recall/poor": "FAIL", "recall/good": "FAIL"}


def test_evidence_that_does_not_count_makes_no_gap_between_groups() -> None:
    stale = counted("poor", 10, 100, source=replace(SOURCE, measured_at="2025-12-31T23:00:00Z"))
    asked = specification(criterion(), rules=[rule()])
    [found] = judge(asked, stale, counted("good", 95, 100), not_before="2026-01-01T00:00:00Z").signals
    assert (found.value, found.verdict) == (None, "INSUFFICIENT")


@pytest.mark.expectation(3)
def test_a_failure_in_any_dimension_blocks_whatever_the_others_score() -> None:
    others = [criterion(dimension=f"d{i}", metric=f"m{i}", tier=i, groups=("all",)) for i in range(3)]
    perfect = [counted("all", 5000, 5000, dimension=f"d{i}", metric=f"m{i}") for i in range(3)]
    report = judge([*others, criterion(tier=3, groups=("poor",))], *perfect, counted("poor", 10, 100))
    assert report.verdict == "FAIL"
    assert report.tiers == ((0, "PASS"), (1, "PASS"), (2, "PASS"), (3, "FAIL"))


@pytest.mark.expectation(3)
def test_missing_evidence_reads_not_evaluated_and_is_never_a_pass() -> None:
    report = judge([criterion()], counted("good", 99, 100))
    assert report.verdict == "INSUFFICIENT"
    assert cell(report, "poor")["reason"] == "Not evaluated: there is no evidence of recall for poor."
    assert cell(report, "poor")["estimate"] is None


@pytest.mark.expectation(3)
def test_without_criteria_or_observations_nothing_passes() -> None:
    assert judge([]).verdict == "INSUFFICIENT"
    assert judge([], counted("poor", 100, 100)).verdict == "INSUFFICIENT"
    assert judge([criterion()]).verdict == "INSUFFICIENT"
    assert judge([criterion(groups=())], counted("poor", 100, 100)).verdict == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("observation", "said"),
    [
        (counted("poor", 99, 100, context="us/outreach/letter"), "us/outreach/letter, which does not count here"),
        (counted("poor", 99, 100, source=replace(SOURCE, subject="b" * 64)), "for another model, digest bbbbbbbbbbbb"),
        (counted("poor", 99, 100, source=replace(SOURCE, level="model")), "Not evaluated at level response"),
        (counted("poor", 99, 100, source=replace(SOURCE, level="superb")), "Not evaluated at level response"),
        (counted("poor", 99, 100, source=replace(SOURCE, per_case=False)), "Disagreement lost"),
        (counted("poor", 99, 100, source=replace(SOURCE, measured_at="2025-12-31T23:00:00Z")), "Stale"),
        (counted("poor", 99, 100, source=replace(SOURCE, measured_at="")), "Stale"),
        (counted("poor", 99, 100, metric="precision"), "no evidence of recall"),
        (counted("all", 99, 100), "no evidence of recall"),
    ],
)
def test_evidence_that_does_not_count_is_insufficient_with_the_reason(observation: ObservationData, said: str) -> None:
    report = judge([criterion(groups=("poor",))], observation, not_before="2026-01-01T00:00:00Z")
    assert report.verdict == "INSUFFICIENT"
    assert said in cell(report, "poor")["reason"]


@pytest.mark.parametrize("measured_at", ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"])
def test_evidence_that_was_measured_the_moment_it_may_be_counts(measured_at: str) -> None:
    found = counted("poor", 99, 100, source=replace(SOURCE, measured_at=measured_at))
    assert judge([criterion(groups=("poor",))], found, not_before="2026-01-01T00:00:00Z").verdict == "PASS"


def test_a_higher_evidence_level_satisfies_a_lower_requirement() -> None:
    deployed = counted("poor", 99, 100, source=replace(SOURCE, level="deployment"))
    assert judge([criterion(groups=("poor",))], deployed).verdict == "PASS"


def test_a_metric_without_an_approved_sheet_cannot_gate() -> None:
    report = judge([criterion(groups=("poor",))], counted("poor", 99, 100), approved_metrics=["precision"])
    assert "no approved provenance sheet" in cell(report, "poor")["reason"]
    assert cell(report, "poor")["would_change"] == "Have a provenance sheet of recall approved, and judge again."
    assert judge([criterion(groups=("poor",))], counted("poor", 99, 100), approved_metrics=["recall"]).verdict == "PASS"


def test_that_some_group_fails_is_corrected_over_the_groups_that_are_named() -> None:
    borderline = counted("poor", 61, 100)
    alone = judge([criterion(groups=("poor",))], borderline)
    absent = judge([criterion(groups=("poor", "b", "c", "d", "e"))], borderline)
    plain = judge([criterion(groups=("poor", "b", "c", "d", "e"), correction="none")], borderline)
    assert [verdicts(r)["recall/poor"] for r in (alone, absent, plain)] == ["FAIL", "INSUFFICIENT", "FAIL"]


def test_holm_finds_a_failure_that_bonferroni_does_not() -> None:
    observed = (counted("a", 10, 100), counted("b", 10, 100), counted("c", 61, 100))
    found = {
        how: verdicts(judge([criterion(groups=("a", "b", "c"), correction=how)], *observed))["recall/c"]
        for how in ("holm", "bonferroni")
    }
    assert found == {"holm": "FAIL", "bonferroni": "INSUFFICIENT"}


def test_a_group_with_too_few_cases_stays_in_the_family_of_the_correction() -> None:
    asked = criterion(groups=("a", "b"), min_n=50)
    report = judge([asked], counted("a", 0, 40), counted("b", 61, 100))
    assert verdicts(report) == {"recall/a": "INSUFFICIENT", "recall/b": "INSUFFICIENT"}


def test_means_are_judged_in_their_own_unit() -> None:
    asked = criterion(
        aggregate="mean", bound="t", comparator="<=", direction="lower", threshold=Decimal(30), unit="seconds",
        groups=("poor", "good", "fair", "flat"),
    )  # fmt: skip
    report = judge(
        [asked], averaged("poor", "40", "5", 50), averaged("good", "20", "5", 50), averaged("fair", "29", "9", 50),
        averaged("flat", "1", "0", 50),
    )  # fmt: skip
    assert list(verdicts(report).values()) == ["FAIL", "PASS", "INSUFFICIENT", "INSUFFICIENT"]
    assert cell(report, "good")["would_change"].endswith("seconds from the threshold.")
    assert "say nothing about their spread" in cell(report, "flat")["reason"]
    assert cell(report, "fair")["more_cases"] > 0


def test_a_bootstrap_is_judged_by_the_bounds_that_were_taken_from_its_cases() -> None:
    asked = criterion(aggregate="mean", bound="bca", threshold=Decimal(50), groups=("poor", "good"), unit="points")
    rows = [row(f"p{i}", value=i % 10) for i in range(40)]
    rows += [row(f"g{i}", value=90 + i % 7, health="good") for i in range(40)]
    groups = {name: {"column": "health", "equals": name} for name in asked.groups}
    measured = aggregation.observations(read_cases(table(*rows)), [asked], groups, context=CONTEXT, source=SOURCE)
    report = judge([asked], *measured)
    assert verdicts(report) == {"recall/poor": "FAIL", "recall/good": "PASS"}
    other = judge([replace(asked, alpha=Decimal("0.01"))], *measured)
    assert verdicts(other) == {"recall/poor": "INSUFFICIENT", "recall/good": "INSUFFICIENT"}


def test_a_gap_between_groups_calls_for_deliberation_and_names_the_route() -> None:
    asked = specification(criterion(), rules=[rule()])
    report = judge(asked, counted("poor", 400, 500), counted("good", 490, 500))
    assert set(verdicts(report).values()) == {"PASS"}
    assert report.verdict == "NEEDS_DELIBERATION"
    assert report.document()["criteria"][0]["verdict"] == "NEEDS_DELIBERATION"
    (reason,) = report.reasons
    assert reason.startswith("Signal between-group-gap on need-is-seen: NEEDS_DELIBERATION. recall differs by 0.18 ")
    assert reason.endswith("from poor to good, over 0.15. Route: deliberation.")


def test_a_failure_prevails_over_a_signal() -> None:
    asked = specification(criterion(), rules=[rule()])
    assert judge(asked, counted("poor", 100, 500), counted("good", 490, 500)).verdict == "FAIL"


def test_an_impossible_observation_is_refused_by_place() -> None:
    for wrong in (
        replace(counted("poor", 1, 2), n=-2),
        counted("poor", 3, 2),
        counted("poor", 1, 2, estimate="0.9"),
        counted("poor", 1, 2, estimate="NaN"),
        averaged("poor", "NaN", "1", 5),
        averaged("poor", "1", "-1", 5),
        counted("poor", 1, 2, source=replace(SOURCE, measured_at="yesterday")),
        counted("poor", 1, 2, source=replace(SOURCE, measured_at="2026-01-01")),
    ):
        with pytest.raises(Invalid) as caught:
            judge([criterion()], wrong)
        assert caught.value.problems[0].where.startswith("observations[0].")


def test_two_observations_of_one_cell_are_refused() -> None:
    twice = replace(SOURCE, evidence="run-2")
    with pytest.raises(Invalid, match="a second observation of need-is-seen/recall for poor"):
        judge([criterion()], counted("poor", 1, 2), counted("poor", 2, 2, source=twice))


def test_an_impossible_criterion_is_refused() -> None:
    for wrong in ({"comparator": "=="}, {"alpha": Decimal(1)}, {"bound": "t"}, {"groups": ("a", "a")}):
        with pytest.raises(Invalid):
            judge([criterion(**wrong)], counted("poor", 1, 2))


def test_a_value_of_tier_0_that_nobody_asks_about_here_is_insufficient_by_name() -> None:
    asked = replace(specification(criterion(groups=("good",), tier=1)), uncovered=("harm-avoidance",))
    report = judge(asked, counted("good", 99, 100))
    assert report.verdict == "INSUFFICIENT"
    assert "harm-avoidance" in report.reasons[0]


def test_a_bootstrap_is_planned_for_from_as_many_cases_as_it_takes() -> None:
    asked = criterion(aggregate="mean", bound="bca", threshold=Decimal(50), groups=("poor",), unit="points", min_n=2)
    (cell,) = judge([asked], averaged("poor", "60", "1", 5, method="bca")).judged[0].cells
    assert (cell.verdict, cell.more_cases) == ("INSUFFICIENT", bounds.FEWEST_TO_RESAMPLE - 5)


def test_a_failure_that_no_bootstrap_can_show_has_no_number_of_cases() -> None:
    groups = tuple(f"g{number}" for number in range(20))
    asked = criterion(
        aggregate="mean", bound="bca", threshold=Decimal(50), groups=groups, unit="points", alpha=Decimal("0.01")
    )
    (cell, *_) = judge([asked], averaged("g0", "40", "1", 500, method="bca")).judged[0].cells
    assert (cell.verdict, cell.more_cases) == ("INSUFFICIENT", None)


def test_one_value_does_not_tell_how_many_more_are_needed() -> None:
    asked = criterion(aggregate="mean", bound="t", threshold=Decimal(50), groups=("poor",), unit="points", min_n=1)
    (cell,) = judge([asked], averaged("poor", "60", "0", 1)).judged[0].cells
    assert cell.would_change == "How many cases would settle it cannot be told before the values differ."


def test_what_becomes_of_the_rows_afterwards_changes_no_report() -> None:
    asked, row = specification(criterion(groups=("poor",))), members.plain(counted("poor", 95, 100))
    report = engine.judge(effective=asked, subject=MODEL, observations=[row], approved_metrics=asked.metrics)
    before = report.digest
    row["n"], row["source"]["level"] = 7, "model"
    assert report.digest == before


def test_a_count_beyond_all_measure_is_refused() -> None:
    with pytest.raises(Invalid, match="no more than there are"):
        judge([criterion(groups=("poor",))], replace(counted("poor", 95, 100), n=10**400))
