from __future__ import annotations

import pytest

from governance.errors import Invalid
from governance.evidence import measures
from governance.evidence.measures import Cluster

CONFIDENCES = (0.95, 0.9, 0.85, 0.6, 0.55, 0.3)
OUTCOMES = (1, 1, 0, 1, 0, 0)
TARGET, FOUND = (0.5, 0.3, 0.2), (0.9, 0.08, 0.02)
CLUSTERS = (Cluster(0.55, 4.6), Cluster(0.30, 3.9), Cluster(0.15, 4.1))


def test_calibration_error_with_five_equal_bins() -> None:
    assert measures.calibration_error(CONFIDENCES, OUTCOMES) == pytest.approx(0.325)


def test_a_confidence_of_one_falls_into_the_last_bin() -> None:
    assert measures.calibration_error((1.0,), (1,)) == 0


def test_brier_score() -> None:
    assert measures.brier(CONFIDENCES, OUTCOMES) == pytest.approx(0.21458, abs=5e-6)


def test_no_forecast_has_no_calibration() -> None:
    assert measures.calibration_error((), ()) is None
    assert measures.brier((), ()) is None


@pytest.mark.parametrize(
    ("confidences", "outcomes"), [((1.1,), (1,)), ((float("nan"),), (1,)), ((0.5,), (2,)), ((0.5,), ())]
)
def test_impossible_forecasts_are_refused(confidences: tuple[float, ...], outcomes: tuple[int, ...]) -> None:
    with pytest.raises(Invalid):
        measures.brier(confidences, outcomes)


def test_clarification() -> None:
    found = measures.clarification(asked_unclear=18, silent_unclear=6, asked_clear=4, silent_clear=63)
    assert found.recall == 0.75
    assert found.precision == pytest.approx(0.8182, abs=5e-5)
    assert found.over_asking == pytest.approx(0.0597, abs=5e-5)


def test_a_model_that_always_asks_fails_on_over_asking() -> None:
    found = measures.clarification(asked_unclear=24, silent_unclear=0, asked_clear=67, silent_clear=0)
    assert (found.recall, found.over_asking) == (1, 1)


def test_a_model_that_never_asks_fails_on_recall() -> None:
    found = measures.clarification(asked_unclear=0, silent_unclear=24, asked_clear=0, silent_clear=67)
    assert (found.recall, found.precision, found.over_asking) == (0, None, 0)


@pytest.mark.parametrize(("counts", "entropy"), [((10, 0, 0), 0), ((5, 5, 0), 0.6309), ((4, 3, 3), 0.9912)])
def test_normalised_entropy(counts: tuple[int, ...], entropy: float) -> None:
    assert measures.normalised_entropy(counts) == pytest.approx(entropy, abs=5e-5)


def test_entropy_without_votes_is_undefined() -> None:
    assert measures.normalised_entropy((0, 0, 0)) is None


def test_nominal_krippendorff_alpha() -> None:
    assert measures.krippendorff_alpha(["sss", "ssu", "uuu", "suu", "sss"]) == pytest.approx(0.4815, abs=5e-5)


def test_krippendorff_alpha_of_full_agreement_is_one() -> None:
    assert measures.krippendorff_alpha(["ss", "uu"]) == 1


def test_krippendorff_alpha_agrees_with_the_example_its_author_published() -> None:
    # Krippendorff (2011), section C: four observers, twelve units, missing data; nominal alpha .743.
    units = ["111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3"]
    assert measures.krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize("units", [[], ["s"], ["ss", "ss"]])
def test_krippendorff_alpha_without_variation_is_undefined(units: list[str]) -> None:
    assert measures.krippendorff_alpha(units) is None


def test_kendall_tau_of_conflicting_metrics() -> None:
    assert measures.kendall_tau((0.9, 0.8, 0.7, 0.6), (0.5, 0.6, 0.9, 0.8)) == pytest.approx(-0.6667, abs=5e-5)


def test_kendall_tau_with_ties_is_tau_b() -> None:
    from scipy.stats import kendalltau

    first, second = (1, 2, 2, 3, 5, 5), (4, 4, 1, 3, 9, 2)
    assert measures.kendall_tau(first, second) == pytest.approx(float(kendalltau(first, second).statistic))


@pytest.mark.parametrize(("first", "second"), [((), ()), ((1,), (2,)), ((1, 1), (1, 2))])
def test_kendall_tau_of_no_ranking_is_undefined(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    assert measures.kendall_tau(first, second) is None


def test_overton_coverage() -> None:
    assert measures.overton_coverage(CLUSTERS, tau=4) == pytest.approx(2 / 3)
    assert measures.overton_coverage(CLUSTERS, tau=4, weighted=True) == pytest.approx(0.70)
    assert measures.overton_coverage((), tau=4) is None


def test_distances_of_distributions() -> None:
    assert measures.jensen_shannon_divergence(TARGET, FOUND) == pytest.approx(0.15238, abs=5e-6)
    assert measures.jensen_shannon_distance(TARGET, FOUND) == pytest.approx(0.39036, abs=5e-6)
    assert measures.total_variation(TARGET, FOUND) == pytest.approx(0.40)


def test_disjoint_distributions_are_as_far_as_can_be() -> None:
    assert measures.jensen_shannon_divergence((1, 0), (0, 1)) == 1
    assert measures.total_variation((1, 0), (0, 1)) == 1


@pytest.mark.parametrize("row", [(0.5, 0.6), (1.5, -0.5), (1.0,), (float("nan"), 1.0)])
def test_what_is_no_distribution_is_refused(row: tuple[float, ...]) -> None:
    with pytest.raises(Invalid):
        measures.total_variation((0.5, 0.5), row)


def test_hidden_failure_rate() -> None:
    assert measures.hidden_failure_rate(passing_both=60, failing_a_mark=22) == pytest.approx(0.3667, abs=5e-5)


def test_hidden_failure_rate_is_undefined_when_nothing_passes_both() -> None:
    assert measures.hidden_failure_rate(passing_both=0, failing_a_mark=0) is None


def test_more_hidden_failures_than_cases_are_refused() -> None:
    with pytest.raises(Invalid):
        measures.hidden_failure_rate(passing_both=3, failing_a_mark=4)
