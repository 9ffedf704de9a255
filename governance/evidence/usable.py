"""Whether cases can answer what the specification asks, before anything is made of them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

from governance.errors import Invalid, Problem
from governance.evidence.aggregation import Selector
from governance.evidence.formats.table import MOST_PROBLEMS, refused
from governance.evidence.records import EVERYWHERE, CaseRecord
from governance.specs.effective import EffectiveCriterion

UNIT = "unit"
"""The column that says in which unit a row's value is."""


def check(
    records: Sequence[CaseRecord], criteria: Sequence[EffectiveCriterion], groups: Mapping[str, Selector]
) -> None:
    """Raise Invalid for cases that tell no groups apart where groups are asked for, and for values in mixed units or
    in another unit than the specification's."""
    recorded = {record.metric: record for record in records}
    asked = [criterion for criterion in criteria if criterion.metric in recorded]
    _check_groups(recorded, asked, groups)
    _check_units(records, {criterion.metric: criterion.unit for criterion in asked})


def _check_groups(
    recorded: Mapping[str, CaseRecord], criteria: Sequence[EffectiveCriterion], groups: Mapping[str, Selector]
) -> None:
    pooled: dict[tuple[str, str], list[str]] = {}
    for criterion in criteria:
        for group in criterion.groups:
            column = groups.get(group, {}).get("column")
            if column is not None and column not in recorded[criterion.metric].attributes:
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


def _check_units(records: Sequence[CaseRecord], wanted: Mapping[str, str]) -> None:
    found: dict[str, dict[str, str]] = {}
    for record in records:
        if record.metric in wanted and (unit := record.attributes.get(UNIT)):
            found.setdefault(record.metric, {}).setdefault(unit, record.case_id)
    problems = []
    for metric, units in found.items():
        if set(units) != {wanted[metric]}:
            listed = ", ".join(f"{unit} (case {case})" for unit, case in list(units.items())[:MOST_PROBLEMS])
            what = f"{metric!r} is in {listed}, and the specification asks for {wanted[metric]}."
            problems.append(Problem(f"column {UNIT}", what, "Convert every value to the unit that is asked for."))
    if problems:
        raise Invalid(f"The units do not agree. {problems[0]}", code="mixed-units", problems=tuple(problems))


def beside_the_point(records: Sequence[CaseRecord], *, metrics: Collection[str], contexts: Collection[str]) -> Invalid:
    """Return the refusal of cases of which none says anything about `metrics` in `contexts`: a misspelt name must not
    pass for evidence that is missing."""
    recorded, places = {record.metric for record in records}, {record.context for record in records}
    if not recorded & set(metrics):
        near = [found for name in recorded for found in difflib.get_close_matches(name, metrics, n=1)]
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
