"""From whom a change takes something: the groups for which the changed clauses asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from governance.specs import expressions
from governance.specs.clauses import Criterion, Specification


def losing(specification: Specification, taken: Collection[str]) -> set[str]:
    """Return the groups for which `specification` asks by any of the clauses at the paths `taken`: of its dimensions,
    conditions, tensions, overlays and yield rules, of the criteria whose metric is derived, and of its approval
    policy."""
    measured = {group for criterion in _asking(specification, taken) for group in criterion.groups}
    named = {
        key.rpartition("/")[2]
        for condition in specification.conditions
        if _is_taken(f"conditions.{condition.key}", taken)
        for key in expressions.keys(condition.holds_if)
    }
    return measured | named | _having_a_say(specification, taken)


def _having_a_say(specification: Specification, taken: Collection[str]) -> set[str]:
    """The groups whose veto or sign-off is among what is taken."""
    policy = specification.approval_policy
    vetoes = {group for group in policy.veto_groups if _is_taken(f"approval_policy.veto_groups.{group}", taken)}
    signing = {
        rule.group
        for rule in policy.sign_offs
        if rule.group and _is_taken(f"approval_policy.sign_offs.{rule.role} of {rule.group}", taken)
    }
    return vetoes | signing


def _asking(specification: Specification, taken: Collection[str]) -> Iterator[Criterion]:
    targets = set(_targets(specification, taken))
    conflicts = {
        name for tension in specification.tensions if _is_taken(tension.path, taken) for name in tension.between
    }
    for dimension in specification.dimensions:
        whole = _is_taken(f"dimensions.{dimension.key}", taken)
        for criterion in dimension.criteria:
            is_derived_otherwise = _is_taken(f"measures.{criterion.metric}", taken)
            is_in_conflict = not conflicts.isdisjoint({dimension.key, criterion.metric})
            if whole or is_derived_otherwise or is_in_conflict or (dimension.key, criterion.metric) in targets:
                yield criterion


def _targets(specification: Specification, taken: Collection[str]) -> Iterator[tuple[str, str]]:
    """The (dimension, metric) of which an overlay or a yield rule among what is taken speaks."""
    for overlay in specification.contexts:
        place = f"contexts.{overlay.key}"
        for tightening in overlay.tighten:
            own = f"{place}.{tightening.dimension}/{tightening.metric}"
            if place in taken or _is_taken(own, taken):
                yield tightening.dimension, tightening.metric
    for rule in specification.yield_rules:
        if _is_taken(f"yield_rules.{rule.signal} of {rule.dimension}/{rule.metric}", taken):
            yield rule.dimension, rule.metric


def _is_taken(place: str, taken: Collection[str]) -> bool:
    return any(path == place or path.startswith(f"{place}.") for path in taken)
