"""Where the log holds what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

from governance.audit import selectors


class LogEntry(graphene.ObjectType):
    """The place of a step in the append-only log."""

    leaf = graphene.BigInt(required=True, description="The leaf's id; /api/v1/log/leaves/LEAF/proof proves it.")
    index = graphene.BigInt(description="Its dense place in the signed tree, from 0; null until it is sequenced.")
    mark = graphene.String(required=True, description="recorded, or in-tree once a signed tree head covers it.")


class Logged:
    """What has an entry of its own."""

    entry = graphene.Field(LogEntry, required=True)

    @staticmethod
    def resolve_entry(row: Any, info: graphene.ResolveInfo) -> dict[str, Any]:
        """Return leaf, index and mark."""
        index = info.context.rows.each(row, "entry", _indexes)
        mark = selectors.RECORDED if index is None else selectors.IN_TREE
        return {"leaf": row.leaf_id, "index": index, "mark": mark}


def _indexes(rows: list[Any]) -> Mapping[Any, int | None]:
    placed = selectors.indexes(row.leaf_id for row in rows)
    return {row.pk: placed.get(row.leaf_id) for row in rows}
