"""What each version does, by each criterion, for the group that it serves worst. Pure.

Nothing is added up: a floor is one group's estimate in the criterion's own unit. Where a group has no estimate the
floor is not known, since that group might fare worse than all the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.gates import pareto

Cell = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Floor:
    """`cell` of a gate report for the worst of a criterion's groups, None where `missing` groups have no estimate;
    `groups` are those that share its estimate."""

    groups: tuple[str, ...]
    cell: Cell | None
    missing: tuple[str, ...]

    @property
    def estimate(self) -> Decimal | None:
        """The worst group's estimate, if it is known."""
        return Decimal(self.cell["estimate"]) if self.cell else None


@dataclass(frozen=True, kw_only=True)
class Floors:
    """One criterion of the reports, `key` telling it from the others of its context, and the floor of each version."""

    key: str
    criterion: Mapping[str, Any]
    by_version: Mapping[str, Floor]

    @property
    def lower_is_better(self) -> bool:
        """Whether less is better."""
        return bool(self.criterion["direction"] == "lower")


def floors(reports: Mapping[str, Mapping[str, Any]]) -> tuple[Floors, ...]:
    """Return the floors of every criterion of these gate reports (version → document, of one context and one
    specification), in their order: by tier."""
    criteria = next(iter(reports.values()))["criteria"] if reports else []
    by_place = {name: {c["place"]: c for c in report["criteria"]} for name, report in reports.items()}
    seen: Counter[str] = Counter()
    found = []
    for criterion in criteria:
        stem = f"{criterion['dimension']}/{criterion['metric']}"
        seen[stem] += 1
        found.append(
            Floors(
                key=stem if seen[stem] == 1 else f"{stem}/{seen[stem]}",
                criterion=criterion,
                by_version={name: _floor(places[criterion["place"]]) for name, places in by_place.items()},
            )
        )
    return tuple(found)


def give_way(first: Floors, second: Floors) -> dict[str, tuple[str, ...]]:
    """Return, for each version whose floor is known by both criteria, the versions that are at least as good by both
    and better by one; by estimates, on these two alone."""
    directions = {floors.key: floors.criterion["direction"] for floors in (first, second)}
    known: dict[str, dict[str, Decimal]] = {}
    for name in first.by_version:
        vector = {floors.key: floors.by_version[name].estimate for floors in (first, second)}
        numbers = {key: number for key, number in vector.items() if number is not None}
        if len(numbers) == len(directions):
            known[name] = numbers
    return {
        name: tuple(other for other, better in known.items() if pareto.dominates(better, vector, directions))
        for name, vector in known.items()
    }


def _floor(criterion: Mapping[str, Any]) -> Floor:
    cells: Sequence[Cell] = criterion["cells"]
    missing = tuple(cell["group"] for cell in cells if cell["estimate"] is None)
    if missing or not cells:
        return Floor(groups=(), cell=None, missing=missing)
    sign = -1 if criterion["direction"] == "lower" else 1
    worst = min(cells, key=lambda cell: (sign * Decimal(cell["estimate"]), _worse_bound(cell, sign)))
    tied = tuple(cell["group"] for cell in cells if Decimal(cell["estimate"]) == Decimal(worst["estimate"]))
    return Floor(groups=tied, cell=worst, missing=())


def _worse_bound(cell: Cell, sign: int) -> Decimal:
    interval = cell["interval"]
    bound = cell["estimate"] if interval is None else interval["low" if sign > 0 else "high"]
    return sign * Decimal(bound)
