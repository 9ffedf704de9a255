"""Where dots, whiskers and the threshold stand in the interval plots of one criterion, on one shared axis. Pure.

Lengths are in the units of an SVG view box that is WIDTH wide and HEIGHT high for each row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 260.0, 28.0, 12.0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TICKS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What one row shows: an estimate, its interval, and what the incumbent had; None for what is not known."""

    estimate: float | None
    low: float | None = None
    high: float | None = None
    incumbent: float | None = None

    @property
    def numbers(self) -> list[float]:
        """All the numbers there are."""
        return [x for x in (self.estimate, self.low, self.high, self.incumbent) if x is not None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on the axis and where it stands."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis runs, and its ticks: value and label."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One group's dot and whisker; None for what is not known."""

    x: float | None
    low: float | None
    high: float | None
    incumbent: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """The axis that all rows share, where the threshold stands on it, and the rows in the order of the readings."""

    ticks: tuple[Tick, ...]
    threshold: float
    rows: tuple[Row, ...]


def plot(readings: Sequence[Reading], *, threshold: float, is_proportion: bool) -> Plot:
    """Return the plot of `readings` (finite numbers in the criterion's own unit)."""
    numbers = [number for reading in readings for number in reading.numbers]
    scale = axis([*numbers, threshold], is_proportion=is_proportion)
    low, high = scale.low, scale.high

    def place(value: float | None) -> float | None:
        return None if value is None else round(MARGIN + (value - low) / (high - low) * (WIDTH - 2 * MARGIN), 1)

    return Plot(
        ticks=tuple(Tick(x=place(value) or 0.0, label=label) for value, label in scale.ticks),
        threshold=place(threshold) or 0.0,
        rows=tuple(Row(place(r.estimate), place(r.low), place(r.high), place(r.incumbent)) for r in readings),
    )


def axis(numbers: Sequence[float], *, is_proportion: bool) -> Axis:
    """Return an axis with room for all of `numbers` (at least one), within 0 and 1 for proportions."""
    low, high = _domain(list(numbers), is_proportion=is_proportion)
    return Axis(low=low, high=high, ticks=tuple(_ticks(low, high)))


def _domain(numbers: list[float], *, is_proportion: bool) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    pad = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    low, high = low - pad, high + pad
    return (max(low, 0.0), min(high, 1.0)) if is_proportion else (low, high)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    raw = (high - low) / TICKS
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in STEPS if unit * factor >= raw)
    digits = max(0, -math.floor(math.log10(step)) + (1 if step / unit == 2.5 else 0))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(index * step, f"{index * step:.{digits}f}") for index in range(first, last + 1)]
