"""Where the band of a tension, and what was measured of it, stand on the whole scale of its measure. Pure.

Lengths are in the units of an SVG view box as in `plots`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frontend.plots import MARGIN, WIDTH, Tick
from governance.specs.pairs import RANKING, SHARE

TICKS = {RANKING: (-1.0, -0.5, 0.0, 0.5, 1.0), SHARE: (0.0, 0.25, 0.5, 0.75, 1.0)}
"""The numbers on the axis of each measure, from one end of its scale to the other."""


@dataclass(frozen=True, slots=True)
class Band:
    """The ticks of the axis that all rows share, and from where to how far the band runs."""

    ticks: tuple[Tick, ...]
    start: float
    width: float


def band(measure: str, ends: Sequence[str]) -> Band:
    """Return the band between `ends` (two decimal strings) on the scale of `measure`."""
    start, end = (place(measure, value) for value in ends)
    ticks = tuple(Tick(place(measure, str(value)), f"{value:g}".replace("-", "−")) for value in TICKS[measure])
    return Band(ticks=ticks, start=start, width=round(end - start, 1))


def place(measure: str, value: str) -> float:
    """Return where `value`, a decimal string within the scale of `measure`, stands."""
    low, *_, high = TICKS[measure]
    return round(MARGIN + (float(value) - low) / (high - low) * (WIDTH - 2 * MARGIN), 1)
