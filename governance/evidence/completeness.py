"""Which links of a version's lineage are there, as far as the reader may see them."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.errors import NotFound
from governance.evidence import selectors
from lineage import completeness
from lineage.completeness import Named
from lineage.models import ModelVersion


def links_of(version: ModelVersion, *, by: User, as_of: datetime | None = None) -> tuple[Named, ...]:
    """Return the links of a version (that `by` may see) by name and state; raises NotFound where it was not known at
    `as_of`."""
    graph = selectors.lineage_graph(version, by=by, as_of=as_of)
    if not any(node.kind == "version" and node.key == version.pk for node in graph.nodes):
        raise NotFound(f"{version.uri} was not known then.", code="not-known-then")
    return completeness.links_of(version, graph)
