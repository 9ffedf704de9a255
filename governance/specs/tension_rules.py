"""What a tension may get wrong although it names what there is: that nothing would ever measure it. Tolerates malformed
parts, as `rules` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from governance.errors import Problem
from governance.specs.syntax import Source

Part = tuple[str, dict[str, Any]]


def problems(source: Source, tensions: Sequence[Part], *, dimensions: Sequence[Part]) -> Iterator[Problem]:
    """Yield what is wrong with `tensions`, each with its place, given every dimension of the document."""
    for where, tension in tensions:
        between = tension.get("between")
        names = [name for name in between if isinstance(name, str)] if isinstance(between, list) else []
        sides = [list(_asked(name, dimensions)) for name in names]
        if len(sides) != 2 or not all(sides):
            continue
        groups = [{group for _, criterion in side for group in _listed(criterion)} for side in sides]
        if not groups[0] & groups[1]:
            what = "No group is asked for both, so that nothing measures how far they conflict."
            yield source.problem(f"{where}.between", what, "Ask for both in one group at least.")
        units = {dimension.get("unit") for side in sides for dimension, _ in side}
        if tension.get("measure") == "disagreement-share" and units - {"proportion"}:
            what = "Cases agree or disagree by what holds or fails, and one of the two is in another unit."
            yield source.problem(f"{where}.measure", what, "Use kendall-tau, or metrics of 0 and 1 (unit proportion).")


def _asked(name: str, dimensions: Sequence[Part]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for _, dimension in dimensions:
        criteria = dimension.get("criteria")
        for criterion in criteria if isinstance(criteria, list) else []:
            if isinstance(criterion, dict) and name in (dimension.get("key"), criterion.get("metric")):
                yield dimension, criterion


def _listed(criterion: dict[str, Any]) -> list[str]:
    groups = criterion.get("groups")
    return [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []
