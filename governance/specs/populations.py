"""Whose cases are a group's: in words, and from one version of a specification to the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.specs import changes
from governance.specs.changes import Change

Populations = Mapping[str, Mapping[str, Any]]
"""By a group's key: {"version", "selector"}, the group's version and which evidence rows are theirs."""


def compare(old: Populations, new: Populations) -> tuple[Change, ...]:
    """Return a change for each group of both whose cases are chosen in another way.

    It counts as a loosening, since nothing shows that as much is asked of the others.
    """
    return tuple(
        changes.make("loosened", f"groups.{key}.population", describe(old[key]), describe(new[key]))
        for key in regrouped(old, new)
    )


def regrouped(old: Populations, new: Populations) -> tuple[str, ...]:
    """Return the keys of the groups of both whose cases are chosen in another way, in order."""
    return tuple(sorted(key for key in old.keys() & new.keys() if old[key]["selector"] != new[key]["selector"]))


def describe(population: Mapping[str, Any]) -> str:
    """Return whose cases a population's are, as "health is fair or poor"."""
    selector = population["selector"]
    if not selector:
        return "everybody"
    wanted = selector["in"] if "in" in selector else [selector["equals"]]
    return f"{selector['column']} is {' or '.join(map(str, wanted))}"
