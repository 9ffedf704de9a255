"""Where the lines of a value profile run: one metric, its groups side by side, a line for each version. Pure.

Lengths are in the units of an SVG view box that is WIDTH wide and HEIGHT high; up is more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frontend import labels
from frontend.plots import Tick, axis

WIDTH, HEIGHT = 420.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 84.0, 372.0, 12.0, 168.0
LABEL_GAP = 12.0
STYLES = 6
"""Dash patterns to tell lines apart without colour; they repeat beyond."""


@dataclass(frozen=True, slots=True)
class Line:
    """One version: `path` is broken where a group has no estimate; its name stands at `label_y`."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    label_y: float
    style: int


@dataclass(frozen=True, slots=True)
class Profile:
    """The groups' places from left to right, the ticks and thresholds by height, and the lines."""

    groups: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    thresholds: tuple[float, ...]
    lines: tuple[Line, ...]


def profile(
    versions: Mapping[str, Sequence[float | None]],
    *,
    groups: Sequence[str],
    thresholds: Sequence[float],
    is_proportion: bool,
) -> Profile:
    """Return the profile of `versions` (name → an estimate, or None, for each of `groups`)."""
    numbers = [number for row in versions.values() for number in row if number is not None]
    scale = axis([*numbers, *thresholds], is_proportion=is_proportion)
    step = (RIGHT - LEFT) / max(len(groups) - 1, 1)
    across = [round(LEFT + index * step, 1) for index in range(len(groups))]

    def height(value: float) -> float:
        return round(BOTTOM - (value - scale.low) / (scale.high - scale.low) * (BOTTOM - TOP), 1)

    drawn = {
        name: [(x, None if value is None else height(value)) for x, value in zip(across, row, strict=True)]
        for name, row in versions.items()
    }
    ends = {name: next((y for _, y in reversed(row) if y is not None), BOTTOM) for name, row in drawn.items()}
    heights = labels.apart(ends, gap=LABEL_GAP, top=TOP, bottom=BOTTOM)
    return Profile(
        groups=tuple(Tick(x, group) for x, group in zip(across, groups, strict=True)),
        ticks=tuple(Tick(height(value), label) for value, label in scale.ticks),
        thresholds=tuple(height(value) for value in thresholds),
        lines=tuple(
            Line(
                name=name,
                path=path(row),
                dots=tuple((x, y) for x, y in row if y is not None),
                label_y=heights[name],
                style=index % STYLES + 1,
            )
            for index, (name, row) in enumerate(drawn.items())
        ),
    )


def path(row: Sequence[tuple[float, float | None]]) -> str:
    """Return the path of a line through (x, y), broken where y is not known."""
    parts, pen = [], "M"
    for x, y in row:
        if y is not None:
            parts.append(f"{pen}{x} {y}")
        pen = "M" if y is None else "L"
    return "".join(parts)
