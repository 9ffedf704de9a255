"""Versions beside each other in two pictures, each with its table: all criteria at once, and any two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontend import figures, labels, parallels, scatter, wording
from frontend.pages import verdicts
from frontend.plots import Reading
from governance.gates import floors
from governance.gates.floors import Floor, Floors

ALONE = "The specification asks for one criterion here, so there is nothing to set it against."
UNKNOWN = "There is no such criterion here; two others are shown."
SAME = "Choose two different criteria; another is shown beside the first."
TITLE_LENGTH = 46
Names = Mapping[str, str]
"""Version → the short name under which pictures show it."""


@dataclass(frozen=True, slots=True)
class FloorShown:
    """One version's floor in the table: `numbers` is empty where it is not known, since `missing` have no estimate."""

    version: str
    numbers: str
    n: int
    verdict: str
    who: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriterionShown:
    """One criterion, and its floors in the order of the versions; `of` names its groups where another one is about
    the same metric."""

    key: str
    of: str
    source: Mapping[str, Any]
    asked: str
    floors: tuple[FloorShown, ...]

    @property
    def title(self) -> str:
        """The dimension's name and the metric."""
        return f"{self.source['dimension_name']}: {self.source['metric']}" + (f", {self.of}" if self.of else "")


@dataclass(frozen=True, slots=True)
class ParallelsShown:
    """Parallel coordinates; which versions share one line, and which have none for want of evidence."""

    picture: parallels.Parallels
    together: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairRow:
    """One version in the table of the scatter: `gives_way_to` is None where a floor is not known."""

    x: FloorShown
    y: FloorShown
    gives_way_to: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ScatterShown:
    """Two criteria against each other; `together` are versions that stand at one place."""

    x: CriterionShown
    y: CriterionShown
    picture: scatter.Scatter
    rows: tuple[PairRow, ...]
    together: tuple[str, ...]

    @property
    def choices(self) -> tuple[tuple[str, CriterionShown, str], ...]:
        """The two criteria by the name of their field, with its label."""
        return ("x", self.x, "To the right"), ("y", self.y, "Up")

    @property
    def titles(self) -> tuple[str, str]:
        """What stands along the two axes."""
        return labels.shortened(self.x.title, TITLE_LENGTH), labels.shortened(self.y.title, TITLE_LENGTH)


def content(names: Names, reports: Mapping[str, Mapping[str, Any]], *, x: str, y: str) -> dict[str, Any]:
    """Return both pictures of the versions `names` with these gate reports (version → document); the scatter of the
    criteria with the keys `x` and `y`, or of the first two that differ, and a word where that could not be drawn."""
    found = {one.key: one for one in floors.floors(reports)}
    metrics = Counter(_metric(one) for one in found.values())
    shown = {key: _criterion(one, alone=metrics[_metric(one)] == 1) for key, one in found.items()}
    chosen, remark = _chosen(list(found.values()), x, y)
    pair = [(found[key], shown[key]) for key in chosen]
    return {
        "criteria": list(shown.values()),
        "parallels": _parallels(names, list(found.values()), list(shown.values())) if found else None,
        "scatter": _scatter(names, *pair) if pair else None,
        "remark": remark,
    }


def _chosen(found: Sequence[Floors], x: str, y: str) -> tuple[tuple[str, ...], str]:
    """Return the keys of the two criteria to set against each other, and what has to be said about them."""
    keys = [one.key for one in found]
    if len(keys) < 2:
        return (), ALONE if keys else ""
    first = x if x in keys else keys[0]
    dimension = next(one.criterion["dimension"] for one in found if one.key == first)
    others = [one.key for one in found if one.key != first and one.criterion["dimension"] != dimension]
    second = y if y in keys and y != first else (others or [key for key in keys if key != first])[0]
    asked = [key for key in (x, y) if key]
    if any(key not in keys for key in asked):
        return (first, second), UNKNOWN
    return (first, second), SAME if x and x == y else ""


def _metric(found: Floors) -> tuple[str, str]:
    return found.criterion["dimension"], found.criterion["metric"]


def _criterion(found: Floors, *, alone: bool) -> CriterionShown:
    source = found.criterion
    groups = [wording.plain(cell["group"]) for cell in source["cells"]]
    return CriterionShown(
        key=found.key,
        of="" if alone else groups[0] if len(groups) == 1 else f"{len(groups)} groups",
        source=source,
        asked=figures.threshold(source["comparator"], source["threshold"]),
        floors=tuple(_floor(source, name, floor) for name, floor in found.by_version.items()),
    )


def _floor(criterion: Mapping[str, Any], name: str, floor: Floor) -> FloorShown:
    cell = floor.cell
    return FloorShown(
        version=name,
        numbers=verdicts.numbers(criterion, cell) if cell else "",
        n=cell["n"] if cell else 0,
        verdict=cell["verdict"] if cell else "",
        who=_who(floor, len(criterion["cells"])),
        missing=floor.missing,
    )


def _who(floor: Floor, groups: int) -> str:
    if 1 < groups == len(floor.groups):
        return "every group alike"
    return " and ".join(wording.plain(group) for group in floor.groups)


def _parallels(names: Names, found: Sequence[Floors], shown: Sequence[CriterionShown]) -> ParallelsShown:
    asked = [
        parallels.Asked(
            title=criterion.title,
            threshold=float(one.criterion["threshold"]),
            asked=criterion.asked,
            lower_is_better=one.lower_is_better,
            is_proportion=_is_proportion(one),
            values=tuple(_float(floor.estimate) for floor in one.by_version.values()),
        )
        for one, criterion in zip(found, shown, strict=True)
    ]
    columns = list(zip(*(one.values for one in asked), strict=True))
    alike: dict[tuple[float | None, ...], list[str]] = {}
    for name, values in zip(names.values(), columns, strict=True):
        alike.setdefault(values, []).append(name)
    known = {name for one in found for name, floor in one.by_version.items() if floor.cell}
    return ParallelsShown(
        picture=parallels.parallels(list(names.values()), asked),
        together=tuple(
            ", ".join(some) for values, some in alike.items() if len(some) > 1 and any(v is not None for v in values)
        ),
        absent=tuple(short for name, short in names.items() if name not in known),
    )


def _scatter(names: Names, right: tuple[Floors, CriterionShown], up: tuple[Floors, CriterionShown]) -> ScatterShown:
    (x, shown_x), (y, shown_y) = right, up
    gives_way = floors.give_way(x, y)
    points = [
        scatter.Point(names[name], _reading(x.by_version[name]), _reading(y.by_version[name]), not others)
        for name, others in gives_way.items()
    ]
    places = [(point.x.estimate, point.y.estimate) for point in points]
    return ScatterShown(
        x=shown_x,
        y=shown_y,
        picture=scatter.scatter(points, x=_scale(x), y=_scale(y)),
        rows=tuple(
            PairRow(one, other, gives_way.get(one.version))
            for one, other in zip(shown_x.floors, shown_y.floors, strict=True)
        ),
        together=tuple(p.name for p, place in zip(points, places, strict=True) if places.count(place) > 1),
    )


def _scale(found: Floors) -> scatter.Scale:
    return scatter.Scale(float(found.criterion["threshold"]), found.lower_is_better, _is_proportion(found))


def _reading(floor: Floor) -> Reading:
    interval = (floor.cell or {}).get("interval") or {}
    return Reading(_float(floor.estimate), _float(interval.get("low")), _float(interval.get("high")))


def _is_proportion(found: Floors) -> bool:
    return bool(found.criterion["aggregate"] == "proportion")


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
