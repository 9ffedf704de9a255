"""Where dots, whiskers and thresholds stand."""

from __future__ import annotations

import pytest

from frontend import plots
from frontend.plots import Reading


def test_all_rows_share_one_axis_with_the_threshold() -> None:
    plot = plots.plot([Reading(0.5, 0.4, 0.6), Reading(0.9, 0.8, 1.0)], threshold=0.7, is_proportion=True)
    first, second = plot.rows
    assert first.low < first.x < first.high < plot.threshold < second.low < second.x < second.high


def test_a_proportion_is_never_drawn_outside_zero_and_one() -> None:
    plot = plots.plot([Reading(0.999, 0.99, 1.0), Reading(0.001, 0.0, 0.01)], threshold=0.5, is_proportion=True)
    assert plot.rows[0].high == plots.WIDTH - plots.MARGIN
    assert plot.rows[1].low == plots.MARGIN


def test_everything_stands_inside_the_picture() -> None:
    readings = [Reading(12.5, -3.0, 40.0, incumbent=80.0)]
    plot = plots.plot(readings, threshold=100.0, is_proportion=False)
    places = [plot.threshold, *(tick.x for tick in plot.ticks), plot.rows[0].incumbent, plot.rows[0].low]
    assert all(0 <= place <= plots.WIDTH for place in places)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.7])
def test_a_single_number_still_has_an_axis_with_ticks(value: float) -> None:
    plot = plots.plot([Reading(value)], threshold=value, is_proportion=True)
    assert len(plot.ticks) >= 2
    assert len({tick.label for tick in plot.ticks}) == len(plot.ticks)


def test_what_was_not_observed_is_not_drawn() -> None:
    plot = plots.plot([Reading(None)], threshold=0.7, is_proportion=True)
    assert plot.rows == (plots.Row(None, None, None, None),)
