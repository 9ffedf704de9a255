"""What a specification says, part by part, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend import wording
from governance.specs import populations
from governance.specs.populations import Populations

Document = Mapping[str, Any]
HEAD = "head"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the document: its title, what qualifies it, and its sentences."""

    title: str
    note: str
    sentences: tuple[str, ...]


def parts(document: Document, asked_of: Populations) -> dict[str, Part]:
    """Return the parts of a canonical document, asked of these populations, in its order. The key of each is where the
    paths of changes in it begin; HEAD for those of the document itself."""
    return {
        HEAD: Part("Title, purpose and review", "", _head(document)),
        **{f"dimensions.{dimension['key']}": _dimension(dimension) for dimension in document["dimensions"]},
        "measures": Part("How its own metrics are derived", "", measures(document)),
        "conditions": Part("What else must hold", "", conditions(document)),
        "tensions": Part("Where values are known to conflict", "", tensions(document)),
        "yield_rules": Part("When a number must not decide", "", yield_rules(document)),
        "contexts": Part(
            "Where more is asked", "", tuple(f"In {key}: {'; '.join(m)}." for key, m in overlays(document))
        ),
        "approval_policy": Part("Who decides", "", tuple(wording.policy(document["approval_policy"]))),
        "groups": Part("Whose cases count for whom", "", _groups(asked_of)),
    }


def measures(document: Document) -> tuple[str, ...]:
    """Return a sentence for each derived metric."""
    return tuple(map(wording.measure, document["measures"]))


def conditions(document: Document) -> tuple[str, ...]:
    """Return a sentence for each extra condition."""
    return tuple(map(wording.condition, document["conditions"]))


def tensions(document: Document) -> tuple[str, ...]:
    """Return a sentence for each tension."""
    return tuple(wording.tension(tension) for tension in document["tensions"])


def yield_rules(document: Document) -> tuple[str, ...]:
    """Return a sentence for each yield rule."""
    return tuple(wording.yield_rule(rule) for rule in document["yield_rules"])


def overlays(document: Document) -> list[tuple[str, list[str]]]:
    """Return each context that asks for more, with what it asks."""
    return [(row["key"], [wording.overlay(more) for more in row["tighten"]]) for row in document["contexts"]]


def _head(document: Document) -> tuple[str, ...]:
    return document["title"], document["purpose"], f"Review by {document['review_by']}."


def _dimension(dimension: Document) -> Part:
    facts = f"Unit: {dimension['unit']}; {dimension['direction']} is better."
    said = (dimension["protects"], f"Whose value: {dimension['whose_value']}. {facts}")
    criteria = tuple(wording.criterion(criterion) for criterion in dimension["criteria"])
    return Part(dimension["name"], f"tier {dimension['tier']}", said + criteria)


def _groups(asked_of: Populations) -> tuple[str, ...]:
    named = {wording.plain(key).capitalize(): population for key, population in sorted(asked_of.items())}
    return tuple(f"{name}: cases whose {populations.describe(found)}." for name, found in named.items())
