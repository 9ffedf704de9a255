"""What a specification's derived metrics may get wrong: names that mean two things, chains and circles, and cases that
nobody can tell. Tolerates malformed parts, as `rules` does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from governance.errors import Problem
from governance.specs.syntax import Source

Part = tuple[str, dict[str, Any]]


def problems(source: Source, measures: Sequence[Part], *, criteria: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """Yield what is wrong with `measures`, each with its place, given every criterion of the document."""
    derived = {part.get("metric") for _, part in measures if isinstance(part.get("metric"), str)}
    for where, part in measures:
        yield from _source(source, where, part, derived=derived)
        yield from _use(source, where, part, criteria=criteria)
        among_all = part.get("among")
        for index, among in enumerate(among_all if isinstance(among_all, list) else []):
            if isinstance(among, dict):
                yield from _among(source, f"{where}.among[{index}]", among, derived=derived)


def _source(source: Source, where: str, part: dict[str, Any], *, derived: Collection[Any]) -> Iterator[Problem]:
    if ("of" in part) == ("misses_any_of" in part) or {"misses_any_of", "squared_error_of"} <= part.keys():
        what = "It is derived from nothing, or from two things."
        yield source.problem(where, what, "Give `of` (a metric), or `misses_any_of` (marks) and no squared error.")
    marks = part.get("misses_any_of")
    places = [("of", part.get("of"))]
    places += [(f"misses_any_of[{i}]", mark) for i, mark in enumerate(marks if isinstance(marks, list) else [])]
    for place, name in places:
        if isinstance(name, str) and name in derived:
            what = "It is derived from itself." if name == part.get("metric") else f"`{name}` is itself derived."
            yield source.problem(f"{where}.{place}", what, "Name a metric that the case table records.")
    if not part.get("among") and "of" in part and "squared_error_of" not in part:
        what = f"It is nothing but `{part.get('of')}` under another name."
        yield source.problem(where, what, "Say among which cases it counts, or drop it.")


def _use(source: Source, where: str, part: dict[str, Any], *, criteria: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    asking = [criterion for criterion in criteria if criterion.get("metric") == part.get("metric")]
    if not asking:
        what = f"No criterion asks for `{part.get('metric')}`."
        yield source.problem(f"{where}.metric", what, "Ask for it in a dimension, or drop it.")
    if "squared_error_of" in part and any(criterion.get("aggregate") == "proportion" for criterion in asking):
        what = "A squared error lies between 0 and 1, and is no proportion."
        yield source.problem(f"{where}.squared_error_of", what, "Use the aggregate mean.")


def _among(source: Source, where: str, among: dict[str, Any], *, derived: Collection[Any]) -> Iterator[Problem]:
    if ("column" in among) == ("metric" in among):
        yield source.problem(where, "It names neither a column nor a metric, or both.", "Name one of them.")
    elif among.get("metric") in derived:
        what = f"`{among['metric']}` is itself derived."
        yield source.problem(f"{where}.metric", what, "Name a metric that the case table records.")
