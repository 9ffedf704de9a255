"""Whether cases can answer what the specification asks, before anything is made of them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from governance.errors import Invalid, Problem
from governance.evidence.aggregation import Selector, select
from governance.evidence.cases import Cases, Texts
from governance.evidence.formats.table import MOST_PROBLEMS, refused
from governance.evidence.records import EVERYWHERE
from governance.specs.effective import EffectiveCriterion

if TYPE_CHECKING:
    from governance.evidence.cases import Rows

UNIT = "unit"
"""The column that says in which unit a row's value is."""

SPELT_ALIKE = 0.8
"""From where on a name is taken for a slip of the pen. Sensitivity and specificity are less alike, and opposites."""


def check(cases: Cases, criteria: Sequence[EffectiveCriterion], groups: Mapping[str, Selector]) -> None:
    """Raise Invalid for cases that tell no groups apart where groups are asked for, and for values in mixed units or
    in another unit than the specification's."""
    asked = [criterion for criterion in criteria if criterion.metric in cases.metrics.texts]
    _check_groups(cases, asked, groups)
    _check_units(cases, {criterion.metric: criterion.unit for criterion in asked})


def _check_groups(cases: Cases, criteria: Sequence[EffectiveCriterion], groups: Mapping[str, Selector]) -> None:
    pooled: dict[tuple[str, str], list[str]] = {}
    for criterion in criteria:
        for group in criterion.groups:
            column = groups.get(group, {}).get("column")
            if column is not None and column not in cases.attributes:
                pooled.setdefault((criterion.metric, str(column)), []).append(group)
    problems = tuple(
        Problem(
            f"column {column}",
            f"the table does not have it, so that nobody can tell {', '.join(dict.fromkeys(names))} in {metric!r}.",
            "Log it with each case: a figure over everybody can hide, even reverse, what holds in each group.",
        )
        for (metric, column), names in pooled.items()
    )
    if problems:
        raise Invalid(f"The cases are pooled. {problems[0]}", code="pooled-evidence", problems=problems)


def _check_units(cases: Cases, wanted: Mapping[str, str]) -> None:
    units = cases.attributes.get(UNIT)
    if not isinstance(units, Texts):
        return
    problems = []
    for metric, unit in wanted.items():
        rows = cases.of(metric)
        found = {said: row for row in _examples(cases, units, rows) if (said := units.text(row))}
        if found and set(found) != {unit}:
            shown = list(found.items())[:MOST_PROBLEMS]
            listed = ", ".join(f"{said} (case {cases.named(row)}, {cases.place(row)})" for said, row in shown)
            what = f"{metric!r} is in {listed}, and the specification asks for {unit}."
            problems.append(Problem(f"column {UNIT}", what, "Convert every value to the unit that is asked for."))
    if problems:
        raise Invalid(f"The units do not agree. {problems[0]}", code="mixed-units", problems=tuple(problems))


def _examples(cases: Cases, column: Texts, rows: Rows) -> list[int]:
    """Return the first row of the table, of `rows`, for each text of a column, in the table's order."""
    import numpy as np

    order = rows[np.argsort(cases.rows[rows], kind="stable")]
    _, first = np.unique(column.codes[order], return_index=True)
    return [int(row) for row in order[np.sort(first)]]


def remarks(
    cases: Cases, criteria: Sequence[EffectiveCriterion], groups: Mapping[str, Selector], *, beside: Collection[str]
) -> list[str]:
    """Return, in sentences, which rows count for nothing, and which groups have no case: a slip of the pen in some rows
    leaves a table that can be used, and says less than its sender thinks. `beside` are metrics that others are derived
    from."""
    asked = {*beside, *(criterion.metric for criterion in criteria)}
    found = []
    for metric in sorted(set(cases.metrics.texts) - asked):
        near = difflib.get_close_matches(metric, sorted(asked), n=1, cutoff=SPELT_ALIKE)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        found.append(f"{len(cases.of(metric))} rows record {metric!r}, about which no criterion asks.{hint}")
    here = [criterion for criterion in criteria if criterion.metric in cases.metrics.texts]
    for group in sorted({group for criterion in here for group in criterion.groups} & groups.keys()):
        selector = groups[group]
        if selector and not select(cases, selector).any():
            column = str(selector["column"])
            values = cases.attributes.get(column)
            has = f"holds {_named(values.texts)}" if isinstance(values, Texts) else "is not there"
            found.append(f"No case belongs to {group}: column {column} {has}.")
    return found


def beside_the_point(cases: Cases, *, metrics: Collection[str], contexts: Collection[str]) -> Invalid:
    """Return the refusal of cases of which none says anything about `metrics` in `contexts`: a misspelt name must not
    pass for evidence that is missing."""
    recorded, places = set(cases.metrics.texts), set(cases.contexts.texts)
    if not recorded & set(metrics):
        near = [
            found
            for name in sorted(recorded)
            for found in difflib.get_close_matches(name, metrics, n=1, cutoff=SPELT_ALIKE)
        ]
        remedy = f"Did you mean {near[0]!r}?" if near else "Log a metric by the name that the specification gives it."
        what = f"the table records {_named(recorded)}, and the specification asks for {_named(metrics)}."
        return refused([Problem("column metric", what, remedy)])
    if not places & {*contexts, EVERYWHERE}:
        what = f"the table's contexts are {_named(places)}, and the system's are {_named(contexts)}."
        return refused([Problem("column context", what, f"Name one of them, or {EVERYWHERE} for all.")])
    what = "no case that is asked for belongs to any group that is asked for."
    return refused([Problem("attributes", what, "Log the columns and values by which the groups are told.")])


def _named(names: Collection[str]) -> str:
    shown = sorted(names)[:MOST_PROBLEMS]
    return ", ".join(name[:64] for name in shown) + (" and more" if len(names) > len(shown) else "")
