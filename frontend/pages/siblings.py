"""Versions beside each other in one context: a profile for each metric, its table, the front, and the tensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from frontend import figures, profiles
from frontend.pages import pictures, tensions
from governance.accounts.models import User
from governance.gates import selectors, siblings
from governance.gates.siblings import Axis, Siblings
from governance.specs import selectors as specs
from governance.systems.models import AISystem, DeploymentContext


@dataclass(frozen=True, slots=True)
class CellShown:
    """What one version has for one group; `estimate` is empty where it has nothing."""

    estimate: str
    verdict: str


@dataclass(frozen=True, slots=True)
class MetricShown:
    """One metric: what is asked of it, its picture, and a row of cells for each group, in the order of the versions."""

    criterion: Mapping[str, Any]
    asked: str
    profile: profiles.Profile
    rows: tuple[tuple[str, tuple[CellShown, ...]], ...]


def content(*, system: AISystem, context: DeploymentContext, x: str, y: str, by: User) -> dict[str, Any]:
    """Return everything that the page shows to `by`; `x` and `y` name the criteria of the scatter, or are empty."""
    reports, found = selectors.siblings(system=system, context_key=context.key, by=by)
    documents = {name: report.content() for name, report in reports.items()}
    names = {one.name: short for short, one in _short(found)}
    return {
        "system": system,
        "context": context,
        "contexts": system.contexts.order_by("key"),
        "in_force": specs.in_force(system=system),
        "siblings": [(one, reports[one.name]) for one in found.siblings],
        "metrics": _metrics(found, list(documents.values())),
        "tensions": tensions.of_versions(found, names),
        **pictures.content(names, documents, x=x, y=y),
    }


def _metrics(found: Siblings, documents: Sequence[Mapping[str, Any]]) -> list[MetricShown]:
    criteria = [criterion for document in documents for criterion in document["criteria"]]
    return [
        _metric(list(axes), found, [c for c in criteria if _key(c) == key])
        for key, axes in groupby(found.axes, key=lambda axis: (axis.dimension, axis.metric, axis.aggregate))
    ]


def _key(criterion: Mapping[str, Any]) -> tuple[str, str, str]:
    return criterion["dimension"], criterion["metric"], criterion["aggregate"]


def _metric(axes: list[Axis], found: Siblings, criteria: list[Mapping[str, Any]]) -> MetricShown:
    asked = {(criterion["comparator"], criterion["threshold"]) for criterion in criteria}
    thresholds = sorted(asked, key=lambda pair: float(pair[1]))
    return MetricShown(
        criterion=criteria[0],
        asked=" and ".join(figures.threshold(*pair) for pair in thresholds),
        profile=profiles.profile(
            {short: [_float(s.estimates.get(axis.key)) for axis in axes] for short, s in _short(found)},
            groups=[axis.group for axis in axes],
            thresholds=[float(value) for _, value in thresholds],
            is_proportion=axes[0].aggregate == "proportion",
        ),
        rows=tuple((axis.group, tuple(_cell(axis, s, thresholds[0][1]) for s in found.siblings)) for axis in axes),
    )


def _short(found: Siblings) -> list[tuple[str, siblings.Sibling]]:
    """Return each version under its number alone, where all are of one model: a picture has little room."""
    split = [(one.name.rpartition(" "), one) for one in found.siblings]
    one_model = len({model for (model, _, _), _ in split}) == 1
    return [(number if one_model else one.name, one) for (_, _, number), one in split]


def _cell(axis: Axis, sibling: siblings.Sibling, threshold: str) -> CellShown:
    estimate = sibling.estimates.get(axis.key)
    if estimate is None:
        return CellShown("", "")
    value = str(estimate)
    return CellShown(figures.shown(value, figures.places([value], threshold)), sibling.verdicts[axis.key])


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
