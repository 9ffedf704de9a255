"""A gate report as the candidate's page shows it: criterion by criterion, group by group, never added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend import figures, plots
from governance.gates.comparison import BETTER, NOT_EVALUATED

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CellShown:
    """One group's verdict: `numbers` is empty when nothing was observed, and `nothing` says whether the metric is
    undefined or there is none; `incumbent` is empty when there is no incumbent."""

    anchor: str
    group: str
    verdict: str
    numbers: str
    nothing: str
    n: int
    incumbent: str
    reason: str
    would_change: str
    evidence: str
    bounds: str
    row: plots.Row


@dataclass(frozen=True, slots=True)
class CriterionShown:
    """One criterion with its shared axis and the cells of its groups. `source` is the criterion in the report."""

    source: Mapping[str, Any]
    asked: str
    plot: plots.Plot
    cells: tuple[CellShown, ...]

    @property
    def by_group(self) -> dict[str, CellShown]:
        """The cells by group."""
        return {cell.group: cell for cell in self.cells}


def criteria(report: Report) -> list[CriterionShown]:
    """Return every criterion of `report`, in its order: by tier."""
    return [_criterion(index, found, _incumbents(report, found)) for index, found in enumerate(report["criteria"])]


def groups(shown: list[CriterionShown]) -> list[str]:
    """Return the groups that any criterion names, in the order in which they come."""
    return list(dict.fromkeys(cell.group for criterion in shown for cell in criterion.cells))


def gains(report: Report) -> list[Mapping[str, Any]]:
    """Return each change for the better against the incumbent; empty without an incumbent."""
    return [change for change in (report["incumbent"] or {"changes": []})["changes"] if change["outcome"] == BETTER]


def uncompared(report: Report) -> list[str]:
    """Return the groups for which the incumbent, if there is one, could not be compared for some criterion."""
    changes = (report["incumbent"] or {"changes": []})["changes"]
    return list(dict.fromkeys(change["group"] for change in changes if change["outcome"] == NOT_EVALUATED))


def _incumbents(report: Report, criterion: Mapping[str, Any]) -> dict[str, str]:
    comparison = report["incumbent"] or {"changes": []}
    same = [c for c in comparison["changes"] if all(c[k] == criterion[k] for k in ("dimension", "metric"))]
    return {change["group"]: change["incumbent"] for change in same if change["incumbent"] is not None}


def _criterion(index: int, criterion: Mapping[str, Any], incumbents: dict[str, str]) -> CriterionShown:
    readings = [_reading(cell, incumbents.get(cell["group"])) for cell in criterion["cells"]]
    plot = plots.plot(
        readings,
        threshold=float(criterion["threshold"]),
        is_proportion=criterion["aggregate"] == "proportion",
    )
    cells = zip(criterion["cells"], plot.rows, strict=True)
    return CriterionShown(
        source=criterion,
        asked=figures.threshold(criterion["comparator"], criterion["threshold"]),
        plot=plot,
        cells=tuple(_cell(f"cell-{index}-{cell['group']}", criterion, cell, row, incumbents) for cell, row in cells),
    )


def _reading(cell: Mapping[str, Any], incumbent: str | None) -> plots.Reading:
    interval = cell["interval"] or {}
    numbers = (cell["estimate"], interval.get("low"), interval.get("high"), incumbent)
    return plots.Reading(*(None if number is None else float(number) for number in numbers))


def _cell(
    anchor: str,
    criterion: Mapping[str, Any],
    cell: Mapping[str, Any],
    row: plots.Row,
    incumbents: dict[str, str],
) -> CellShown:
    incumbent = incumbents.get(cell["group"])
    return CellShown(
        anchor=anchor,
        group=cell["group"],
        verdict=cell["verdict"],
        numbers=numbers(criterion, cell),
        nothing="undefined" if cell["none_of"] else "none",
        n=cell["n"] or 0,
        incumbent=figures.shown(incumbent) if incumbent else "",
        reason=cell["reason"],
        would_change=cell["would_change"],
        evidence=cell["evidence"] or "",
        bounds=(cell["interval"] or {}).get("name", ""),
        row=row,
    )


def numbers(criterion: Mapping[str, Any], cell: Mapping[str, Any]) -> str:
    """Return a cell's estimate with its interval, in as many places as tell it from the threshold; "" for none."""
    if cell["estimate"] is None:
        return ""
    interval = cell["interval"]
    values = [cell["estimate"], *([interval["low"], interval["high"]] if interval else [])]
    digits = figures.places(values, criterion["threshold"])
    estimate, *bounds = (figures.shown(value, digits) for value in values)
    return f"{estimate} [{', '.join(bounds)}]" if bounds else estimate
