"""Where the lines of parallel coordinates run: an upright axis for each criterion, a line for each version. Pure.

Lengths are in the units of an SVG view box. On every axis, better is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from frontend import labels
from frontend.plots import Axis, Tick, axis
from frontend.profiles import STYLES, path

LEFT, RIGHT, STEP, NAMES = 84.0, 150.0, 150.0, 22.0
TOP, ROOM, BELOW = 34.0, 200.0, 92.0
NAME_GAP, NAME_LENGTH = 13.0, 20
TITLE_LENGTH, TITLE_LINES, TITLE_GAP = 22, 3, 13.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion: its title, its threshold in its own unit and in words, and a value, or None, for each version."""

    title: str
    threshold: float
    asked: str
    lower_is_better: bool
    is_proportion: bool
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Upright:
    """One axis: where it stands, the lines of its title by how far below, its ticks by height, its threshold, and which
    way is better."""

    x: float
    title: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    threshold: float
    asked: str
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One version: `path` is broken where it has no value; its name stands at `name_y`, led to from its last dot."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    end_x: float
    end_y: float
    name_y: float
    style: int


@dataclass(frozen=True, slots=True)
class Parallels:
    """The picture: its size, where axes begin and end and names stand, the axes, and the lines of versions that have
    any value."""

    width: float
    height: float
    top: float
    bottom: float
    names_x: float
    axes: tuple[Upright, ...]
    lines: tuple[Line, ...]


def parallels(names: Sequence[str], asked: Sequence[Asked]) -> Parallels:
    """Return the picture of versions `names` on the axes `asked` (at least one)."""
    bottom = TOP + max(ROOM, NAME_GAP * len(names))
    axes = [_upright(LEFT + STEP * index, one, bottom=bottom) for index, one in enumerate(asked)]
    heights = [_heights(one, bottom=bottom) for one in asked]
    rows = {
        name: [(upright.x, column[row]) for upright, column in zip(axes, heights, strict=True)]
        for row, name in enumerate(names)
    }
    return Parallels(
        width=axes[-1].x + RIGHT,
        height=bottom + BELOW,
        top=TOP,
        bottom=bottom,
        names_x=axes[-1].x + NAMES,
        axes=tuple(axes),
        lines=_lines(rows, bottom=bottom),
    )


def _upright(x: float, asked: Asked, *, bottom: float) -> Upright:
    place = _place(asked, bottom=bottom)
    lines = labels.wrapped(asked.title, most=TITLE_LENGTH, lines=TITLE_LINES)
    return Upright(
        x=x,
        title=tuple(Tick(20 + TITLE_GAP * row, text) for row, text in enumerate(lines)),
        ticks=tuple(Tick(place(value), label) for value, label in _scale(asked).ticks),
        threshold=place(asked.threshold),
        asked=asked.asked,
        lower_is_better=asked.lower_is_better,
    )


def _heights(asked: Asked, *, bottom: float) -> list[float | None]:
    place = _place(asked, bottom=bottom)
    return [None if value is None else place(value) for value in asked.values]


def _place(asked: Asked, *, bottom: float) -> Callable[[float], float]:
    scale = _scale(asked)
    worst, best = (scale.high, scale.low) if asked.lower_is_better else (scale.low, scale.high)
    return lambda value: round(bottom - (value - worst) / (best - worst) * (bottom - TOP), 1)


def _scale(asked: Asked) -> Axis:
    numbers = [value for value in asked.values if value is not None]
    return axis([*numbers, asked.threshold], is_proportion=asked.is_proportion)


def _lines(rows: dict[str, list[tuple[float, float | None]]], *, bottom: float) -> tuple[Line, ...]:
    dots = {name: tuple((x, y) for x, y in row if y is not None) for name, row in rows.items()}
    ends = {name: known[-1] for name, known in dots.items() if known}
    heights = labels.apart({name: y for name, (_, y) in ends.items()}, gap=NAME_GAP, top=TOP, bottom=bottom)
    return tuple(
        Line(
            name=labels.shortened(name, NAME_LENGTH),
            path=path(row),
            dots=dots[name],
            end_x=ends[name][0],
            end_y=ends[name][1],
            name_y=heights[name],
            style=index % STYLES + 1,
        )
        for index, (name, row) in enumerate(rows.items())
        if name in ends
    )
