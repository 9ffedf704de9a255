"""Versions of a model beside each other in one context: who dominates whom, and where values pull apart. Pure.

Nothing is weighed or added up. A version is compared only when it has an estimate for every cell that any of them has:
a vector with a hole is neither better nor worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.gates import pareto
from governance.gates.signals import FEWEST_TO_RANK, metric_conflict
from governance.gates.verdicts import worst
from governance.specs.clauses import Tension
from governance.specs.pairs import RANKING, SHARE


@dataclass(frozen=True, kw_only=True, order=True)
class Axis:
    """One cell that can be compared: a metric for one group, in its own unit."""

    tier: int
    dimension: str
    metric: str
    aggregate: str
    group: str
    direction: str

    @property
    def key(self) -> str:
        """Name of the cell among those of one context."""
        return f"{self.dimension}/{self.metric}/{self.aggregate}/{self.group}"


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """One version: its estimates and verdicts by axis key, the versions that dominate it (by estimates), and the axes
    that it lacks; one that lacks any is not compared."""

    name: str
    verdict: str
    estimates: Mapping[str, Decimal]
    verdicts: Mapping[str, str]
    dominated_by: tuple[str, ...]
    lacks: tuple[Axis, ...]

    @property
    def on_the_front(self) -> bool:
        """Whether it was compared, and nothing dominates it."""
        return not self.lacks and not self.dominated_by


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A tension measured for one group over the versions: Kendall's tau-b of the two metrics, each turned so that more
    is better; None where it cannot be measured."""

    tension: Tension
    first: str
    second: str
    group: str
    versions: int
    value: Decimal | None

    @property
    def outside(self) -> bool:
        """Whether the inconsistency lies outside the band in which it is expected."""
        low, high = self.tension.band
        return self.value is not None and not low <= self.value <= high


@dataclass(frozen=True, kw_only=True)
class Share:
    """A tension of the share of cases as the report of one version read it, for two metrics and one group."""

    tension: Tension
    version: str
    reading: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Siblings:
    """The axes by tier, the versions in the order given, and the tensions of the specification: measured over the
    versions, and of the cases of each."""

    axes: tuple[Axis, ...]
    siblings: tuple[Sibling, ...]
    tensions: tuple[Measured, ...]
    shares: tuple[Share, ...]


def compare(reports: Mapping[str, Mapping[str, Any]], tensions: Sequence[Tension] = ()) -> Siblings:
    """Return how the versions with these gate reports (name → document, one context and specification) stand."""
    cells = {name: _cells(report) for name, report in reports.items()}
    axes = tuple(sorted({axis for found in cells.values() for axis in found}))
    estimates = {name: {axis.key: estimate for axis, (estimate, _) in found.items()} for name, found in cells.items()}
    directions = {axis.key: axis.direction for axis in axes}
    whole = {name: vector for name, vector in estimates.items() if vector.keys() == directions.keys()}
    siblings = tuple(
        Sibling(
            name=name,
            verdict=reports[name]["verdict"],
            estimates=vector,
            verdicts={axis.key: verdict for axis, (_, verdict) in cells[name].items()},
            dominated_by=tuple(
                other
                for other, better in whole.items()
                if name in whole and pareto.dominates(better, vector, directions)
            ),
            lacks=tuple(axis for axis in axes if axis.key not in vector),
        )
        for name, vector in estimates.items()
    )
    ranked = [tension for tension in tensions if tension.measure == RANKING]
    measured = tuple(found for tension in ranked for found in _measure(tension, axes, estimates))
    return Siblings(axes=axes, siblings=siblings, tensions=measured, shares=tuple(_shares(reports, tensions)))


def _shares(reports: Mapping[str, Mapping[str, Any]], tensions: Sequence[Tension]) -> Iterator[Share]:
    by_name = {tension.between: tension for tension in tensions if tension.measure == SHARE}
    for version, report in reports.items():
        for judged in report["tensions"]:
            if judged["measure"] == SHARE:
                tension = by_name[judged["between"][0], judged["between"][1]]
                yield from (Share(tension=tension, version=version, reading=reading) for reading in judged["readings"])


def _cells(report: Mapping[str, Any]) -> dict[Axis, tuple[Decimal, str]]:
    """Return estimate and verdict of each cell; where two criteria judge one metric, the worse verdict."""
    found: dict[Axis, tuple[Decimal, str]] = {}
    for criterion in report["criteria"]:
        shared = {name: criterion[name] for name in ("tier", "dimension", "metric", "aggregate", "direction")}
        for cell in criterion["cells"]:
            if cell["estimate"] is not None:
                axis = Axis(group=cell["group"], **shared)
                before = [found[axis][1]] if axis in found else []
                found[axis] = (Decimal(cell["estimate"]), worst([cell["verdict"], *before]))
    return found


def _measure(
    tension: Tension, axes: Sequence[Axis], estimates: Mapping[str, Mapping[str, Decimal]]
) -> Iterator[Measured]:
    first, second = ([a for a in axes if name in (a.dimension, a.metric)] for name in tension.between)
    pairs = [(a, b) for a in first for b in second if a.group == b.group and a != b]
    for a, b in pairs:
        both = [vector for vector in estimates.values() if a.key in vector and b.key in vector]
        tau = None
        if len(both) >= FEWEST_TO_RANK:
            tau = metric_conflict(_turned(a, both), _turned(b, both))
        value = None if tau is None else Decimal(str(round(tau, 4)))
        yield Measured(tension=tension, first=a.metric, second=b.metric, group=a.group, versions=len(both), value=value)


def _turned(axis: Axis, vectors: Sequence[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sign = 1 if axis.direction == "higher" else -1
    return {str(index): sign * vector[axis.key] for index, vector in enumerate(vectors)}
