"""Where the versions stand between two criteria: a mark with its intervals for each, better to the right and up. Pure.

Lengths are in the units of an SVG view box that is WIDTH wide and HEIGHT high.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from frontend import labels
from frontend.plots import Reading, Tick, axis

WIDTH, HEIGHT = 460.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 446.0, 14.0, 306.0
MARK = 6.0
NAME_LENGTH, NEAR = 16, 15.0


@dataclass(frozen=True, slots=True)
class Scale:
    """One of the two criteria: its threshold, and which way is better."""

    threshold: float
    lower_is_better: bool
    is_proportion: bool


@dataclass(frozen=True, slots=True)
class Point:
    """One version's floors by both criteria, and whether nothing is better by both."""

    name: str
    x: Reading
    y: Reading
    on_the_front: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands at one place: the names of all who are there, and the whiskers, None where no interval is known. From
    the mark a line leads to `lead_x` at the name's height, None where the name stands near."""

    name: str
    x: float
    y: float
    name_x: float
    name_y: float
    lead_x: float | None
    across: tuple[float, float] | None
    upright: tuple[float, float] | None
    on_the_front: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """The picture: ticks and threshold of both axes, and the marks."""

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_threshold: float
    y_threshold: float
    marks: tuple[Mark, ...]


Place = Callable[[float], float]


def scatter(points: Sequence[Point], *, x: Scale, y: Scale) -> Scatter:
    """Return the picture of `points`, whose estimates are all known; those at one place share a mark."""
    place_x, x_ticks = _place([point.x for point in points], x, start=LEFT, end=RIGHT)
    place_y, y_ticks = _place([point.y for point in points], y, start=BOTTOM, end=TOP)
    together: dict[tuple[float, float], list[Point]] = {}
    for point in points:
        together.setdefault((place_x(point.x.estimate or 0.0), place_y(point.y.estimate or 0.0)), []).append(point)
    bare = [_bare(at, here, place_x, place_y) for at, here in together.items()]
    boxes = labels.placed(
        [(mark.name, mark.x, mark.y) for mark in bare],
        within=(LEFT, TOP, RIGHT, BOTTOM),
        avoid=[box for mark in bare for box in _covered(mark)],
    )
    return Scatter(
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        x_threshold=place_x(x.threshold),
        y_threshold=place_y(y.threshold),
        marks=tuple(
            replace(mark, name_x=box[0], name_y=(box[1] + box[3]) / 2, lead_x=_lead(mark, box))
            for mark, box in zip(bare, boxes, strict=True)
        ),
    )


def _lead(mark: Mark, box: labels.Box) -> float | None:
    end = box[0] if box[0] > mark.x else box[2]
    return end if math.hypot(end - mark.x, (box[1] + box[3]) / 2 - mark.y) > NEAR else None


def _bare(at: tuple[float, float], here: Sequence[Point], place_x: Place, place_y: Place) -> Mark:
    x, y = at
    return Mark(
        name=labels.shortened(", ".join(point.name for point in here), NAME_LENGTH),
        x=x,
        y=y,
        name_x=x,
        name_y=y,
        lead_x=None,
        across=_whisker([point.x for point in here], place_x),
        upright=_whisker([point.y for point in here], place_y),
        on_the_front=here[0].on_the_front,
    )


def _covered(mark: Mark) -> Iterator[labels.Box]:
    """Yield what the mark and its whiskers cover."""
    yield mark.x - MARK, mark.y - MARK, mark.x + MARK, mark.y + MARK
    if mark.across:
        yield mark.across[0], mark.y - 1, mark.across[1], mark.y + 1
    if mark.upright:
        yield mark.x - 1, mark.upright[0], mark.x + 1, mark.upright[1]


def _place(readings: Sequence[Reading], scale: Scale, *, start: float, end: float) -> tuple[Place, tuple[Tick, ...]]:
    numbers = [number for reading in readings for number in reading.numbers]
    found = axis([*numbers, scale.threshold], is_proportion=scale.is_proportion)
    worst, best = (found.high, found.low) if scale.lower_is_better else (found.low, found.high)

    def place(value: float) -> float:
        return round(start + (value - worst) / (best - worst) * (end - start), 1)

    return place, tuple(Tick(place(value), label) for value, label in found.ticks)


def _whisker(readings: Sequence[Reading], place: Place) -> tuple[float, float] | None:
    """Return from where to where the widest interval of those at one place reaches."""
    ends = [place(end) for reading in readings for end in (reading.low, reading.high) if end is not None]
    return (min(ends), max(ends)) if ends else None
