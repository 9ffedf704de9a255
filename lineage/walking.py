"""Walking the lineage in the database: what is reached from somewhere, and the links among what was reached.

Each step asks the views for the links and the times of one node (`OFFSET 0` keeps the planner from joining a whole view
instead), so that a walk costs what it reaches, however large the mirror is. UNION leaves out what was reached before,
so that cycles, which clients can assert, end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from lineage.graph import Edge

Key = tuple[str, int]
"""Kind and row id of a node."""
KNOWN = """EXISTS (SELECT FROM lineage_node node WHERE node.kind = {kind} AND node.id = {id}
           AND node.seen_at <= %(as_of)s AND (node.vanished_at IS NULL OR node.vanished_at > %(as_of)s) OFFSET 0)"""
REACHED = """
WITH RECURSIVE reached(kind, id) AS (
    SELECT start.kind, start.id FROM unnest(%(kinds)s::text[], %(ids)s::bigint[]) AS start(kind, id) WHERE {start_known}
UNION
    SELECT beyond.kind, beyond.id FROM reached CROSS JOIN LATERAL (
        SELECT edge.{next}_kind AS kind, edge.{next}_id AS id FROM lineage_edge edge
         WHERE edge.{here}_kind = reached.kind AND edge.{here}_id = reached.id AND {link_known} OFFSET 0) beyond
     WHERE {next_known} AND NOT (reached.kind = 'version' AND reached.id = ANY(%(stop_at)s::bigint[]))
)
SELECT kind, id FROM reached
"""
AMONG = """
WITH node(kind, id) AS MATERIALIZED (SELECT * FROM unnest(%(kinds)s::text[], %(ids)s::bigint[]))
SELECT link.from_kind, link.from_id, head.kind, head.id, link.kind, link.label, link.asserted
  FROM node head CROSS JOIN LATERAL (
        SELECT edge.from_kind, edge.from_id, edge.kind, edge.label, edge.asserted FROM lineage_edge edge
         WHERE edge.to_kind = head.kind AND edge.to_id = head.id AND {link_known} OFFSET 0) link
  JOIN node tail ON tail.kind = link.from_kind AND tail.id = link.from_id
"""


def reached(
    starts: Iterable[Key], *, up: bool, stop_at: Collection[int] = (), as_of: datetime | None = None
) -> set[Key]:
    """Return everything that `starts` came from (`up`) or that came of them, themselves included; nothing beyond the
    versions with ids `stop_at`.

    With `as_of` only what Edgewise had seen by then and had not yet seen vanish, the starts included.
    """
    here, following = ("to", "from") if up else ("from", "to")
    dated = _dated(as_of, start=("start.kind", "start.id"), next=("beyond.kind", "beyond.id"))
    query = REACHED.format(here=here, next=following, **dated)
    with connection.cursor() as cursor:
        cursor.execute(query, {**_columns(starts), "stop_at": list(stop_at), "as_of": as_of})
        return {(kind, key) for kind, key in cursor.fetchall()}


def links(keys: Collection[Key], *, as_of: datetime | None = None) -> list[Edge]:
    """Return the edges whose both ends are among `keys`, as far as they were seen by `as_of`."""
    with connection.cursor() as cursor:
        cursor.execute(AMONG.format(**_dated(as_of)), {**_columns(sorted(keys)), "as_of": as_of})
        rows = cursor.fetchall()
    return [
        Edge(tail=f"{a_kind}-{a}", head=f"{b_kind}-{b}", kind=kind, label=label, asserted=asserted)
        for a_kind, a, b_kind, b, kind, label, asserted in rows
    ]


def _dated(as_of: datetime | None, **nodes: tuple[str, str]) -> dict[str, str]:
    """Return the conditions of a time, which cost nothing where there is none."""
    if as_of is None:
        return {f"{name}_known": "true" for name in (*nodes, "link")}
    known = {f"{name}_known": KNOWN.format(kind=kind, id=key) for name, (kind, key) in nodes.items()}
    return known | {"link_known": "edge.seen_at <= %(as_of)s"}


def _columns(keys: Iterable[Key]) -> dict[str, Any]:
    pairs = list(keys)
    return {"kinds": [kind for kind, _ in pairs], "ids": [key for _, key in pairs]}
