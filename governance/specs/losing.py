"""From whom a change takes something: the groups for which the changed clauses asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from governance.specs import expressions
from governance.specs.clauses import Criterion, Specification


def losing(specification: Specification, taken: Collection[str]) -> set[str]:
    """Return the groups for which `specification` asks by any of the clauses at the paths `taken`: of its dimensions,
    its conditions, and the criteria whose metric is derived."""
    measured = {group for criterion in _asking(specification, taken) for group in criterion.groups}
    named = {
        key.rpartition("/")[2]
        for condition in specification.conditions
        if _is_taken(f"conditions.{condition.key}", taken)
        for key in expressions.keys(condition.holds_if)
    }
    return measured | named


def _asking(specification: Specification, taken: Collection[str]) -> Iterator[Criterion]:
    derived = {m.metric for m in specification.measures if _is_taken(f"measures.{m.metric}", taken)}
    for dimension in specification.dimensions:
        whole = _is_taken(f"dimensions.{dimension.key}", taken)
        yield from (criterion for criterion in dimension.criteria if whole or criterion.metric in derived)


def _is_taken(place: str, taken: Collection[str]) -> bool:
    return any(path == place or path.startswith(f"{place}.") for path in taken)
