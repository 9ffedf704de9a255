"""What a draft names that its system does not have: another key, groups and contexts, and contexts where nobody asks
about what is never crossed. Tolerates malformed parts, as `rules` does. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from governance import choices
from governance.errors import Problem
from governance.specs.clauses import EVERYBODY
from governance.specs.contexts import covers
from governance.specs.parts import Part, all_criteria, dimension_parts, get, parts, patterns, text, texts
from governance.specs.syntax import Source

OTHER_KEY, NO_GROUP, NO_CONTEXT = "other-system", "group-unknown", "context-unknown"


@dataclass(frozen=True, kw_only=True)
class Home:
    """The system that a draft is for: its key, and the keys of its groups and contexts."""

    key: str
    groups: frozenset[str]
    contexts: frozenset[str]


def problems(source: Source, home: Home) -> Iterator[tuple[str, Problem]]:
    """Yield the code and the place of everything that `source` names and `home` does not have."""
    given = text(get(source.data, "key"))
    if given and given != home.key:
        what = f"`{given}` is not the key of this system."
        yield OTHER_KEY, source.problem("key", what, f"The specification of this system has the key `{home.key}`.")
    for where, group in _groups(source):
        if group not in home.groups | {EVERYBODY}:
            what = f"`{group}` is no stakeholder group of this system."
            yield NO_GROUP, source.problem(where, what, choices.remedy(group, home.groups | {EVERYBODY}))
    for where, pattern in _patterns(source):
        if not any(covers(pattern, key) for key in home.contexts):
            what = f"`{pattern}` covers no context of the system."
            remedy = choices.remedy(pattern, home.contexts, lead="The system's contexts")
            yield NO_CONTEXT, source.problem(where, what, remedy)
    for where, dimension in dimension_parts(source):
        yield from _unasked(source, where, dimension, home)


def _unasked(source: Source, where: str, dimension: dict[str, Any], home: Home) -> Iterator[tuple[str, Problem]]:
    asked = [pattern for _, criterion in parts(dimension.get("criteria"), "") for pattern in patterns(criterion)]
    missing = sorted(key for key in home.contexts if not any(covers(pattern, key) for pattern in asked))
    if dimension.get("tier") == 0 and missing:
        what = f"It is of tier 0, and no criterion of it holds in {', '.join(missing)}."
        yield NO_CONTEXT, source.problem(f"{where}.criteria", what, "Add one.")


def _groups(source: Source) -> Iterator[tuple[str, str]]:
    for _, where, criterion in all_criteria(source):
        yield from _listed(criterion, where, "groups")
    policy = get(source.data, "approval_policy")
    for where, rule in parts(get(policy, "sign_offs"), "approval_policy.sign_offs"):
        if "group" in rule:
            yield f"{where}.group", text(rule["group"])
    if isinstance(policy, dict):
        yield from _listed(policy, "approval_policy", "veto_groups")


def _patterns(source: Source) -> Iterator[tuple[str, str]]:
    conditions: list[Part] = list(parts(get(source.data, "conditions"), "conditions"))
    for where, part in [*((where, criterion) for _, where, criterion in all_criteria(source)), *conditions]:
        yield from _listed(part, where, "contexts")
    for where, overlay in parts(get(source.data, "contexts"), "contexts"):
        yield f"{where}.key", text(overlay.get("key"))


def _listed(part: dict[str, Any], where: str, field: str) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(texts(part.get(field))):
        yield f"{where}.{field}[{index}]", name
