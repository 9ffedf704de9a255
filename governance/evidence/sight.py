"""What of a lineage somebody may see: the versions of registered models that serve systems that they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.accounts.models import User
from governance.systems.models import AISystem, RegisteredModelLink
from lineage.graph import SOURCE, Node
from lineage.models import ModelVersion
from lineage.registry import MODEL_URI, logged_model_id
from lineage.walking import Key

Name = tuple[str, str]
"""A registered model: the key of its server, and its name."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Ids of the versions that somebody may not see, and of those that are copied from what they may not see."""

    hidden: frozenset[int]
    copies: frozenset[int]

    def shown(self, node: Node) -> Node:
        """Return as much of a node as they may see."""
        if node.kind != "version":
            return node
        if node.key in self.hidden:
            return node.withheld()
        return node.without(SOURCE) if node.key in self.copies else node


def visible(by: User, *, starts: Iterable[ModelVersion]) -> set[Name]:
    """Return the registered models that `by` may see; they found `starts` in a system that they may see."""
    visible = RegisteredModelLink.objects.filter(system__in=AISystem.objects.all().visible_to(by))
    return {*visible.values_list("server_key", "name"), *((start.server.key, start.name) for start in starts)}


def of(keys: Iterable[Key], *, names: set[Name]) -> Sight:
    """Return what nobody may see of the things `keys` who may see only the registered models `names`."""
    versions = [key for kind, key in keys if kind == "version"]
    rows = list(ModelVersion.objects.filter(pk__in=versions).select_related("registered_model__server"))
    return Sight(
        hidden=frozenset(row.pk for row in rows if (row.server.key, row.name) not in names),
        copies=frozenset(row.pk for row in rows if (row.server.key, origin(row.source) or row.name) not in names),
    )


def origin(source: str) -> str:
    """Return the name of the registered model of which a version with this source is a copy, if it says so."""
    if not source.startswith("models:/") or logged_model_id(source):
        return ""
    match = MODEL_URI.match(source)
    return match["name"] if match else source
