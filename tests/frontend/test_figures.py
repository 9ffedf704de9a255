"""Numbers as people read them."""

from __future__ import annotations

import pytest

from frontend import figures


def test_rounding_never_carries_a_number_across_its_threshold() -> None:
    digits = figures.places(["0.8996", "0.87"], "0.90")
    assert figures.shown("0.8996", digits) == "0.900" or figures.shown("0.8996", digits) < "0.90"
    assert figures.shown("0.8996", digits) != "0.90"


def test_two_places_are_enough_away_from_the_threshold() -> None:
    assert figures.places(["0.912345678", "0.871", "0.943"], "0.70") == 2


def test_a_number_on_its_threshold_stays_there() -> None:
    assert figures.places(["0.7"], "0.70") == 2


@pytest.mark.parametrize(("value", "said"), [("0.7", "≥ 0.70"), ("0.125", "≥ 0.125"), ("3", "≥ 3.00")])
def test_a_threshold_loses_none_of_its_digits(value: str, said: str) -> None:
    assert figures.threshold(">=", value) == said


@pytest.mark.parametrize(("value", "said"), [("2", "2"), ("0.148148148", "0.148"), ("0.5", "0.5")])
def test_a_tally_is_shown_shortly(value: str, said: str) -> None:
    assert figures.figure(value) == said
