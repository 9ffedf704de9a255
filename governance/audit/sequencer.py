"""Gives committed leaves their places in the tree, and signs the tree that results.

New is what one statement sees and the snapshot stored with the last size did not: an id says when a row was written,
not when it was committed, so that "id > last" would lose the late ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from governance.audit import merkle, stored, tiles, tree_head
from governance.audit.models import SequencerState, Tile, TreeHead
from governance.errors import Conflict

LOCK = 0x65647765_6C6F6721
"""Key of the advisory lock ("edwelog!"): one batch at a time, released by the database when its holder dies."""
BACKLOG = 50_000
"""Leaves in one batch while all of them must be compared."""

_NEW = """
    NOT EXISTS (SELECT FROM audit_leafindex WHERE leaf_id = audit_leaf.id)
    AND audit_leaf.id > %(restored_upto)s
    AND xid >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot)
"""
_UNPLACED = """
    NOT EXISTS (SELECT FROM audit_leafindex WHERE leaf_id = audit_leaf.id) ORDER BY id LIMIT %(limit)s
"""
_PLACE = """
    WITH fresh AS MATERIALIZED (SELECT id, leaf_hash FROM audit_leaf WHERE {condition}),
    numbered AS MATERIALIZED (
        SELECT id, leaf_hash, %(size)s + row_number() OVER (ORDER BY id) - 1 AS index FROM fresh
    ),
    placed AS (INSERT INTO audit_leafindex (index, leaf_id, leaf_hash) SELECT index, id, leaf_hash FROM numbered)
    SELECT pg_current_snapshot()::text, (SELECT string_agg(leaf_hash, ''::bytea ORDER BY index) FROM numbered)
"""
_PLACE_NEW = _PLACE.format(condition=_NEW)
_PLACE_UNPLACED = _PLACE.format(condition=_UNPLACED)
_CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"
_FOREIGN = "SELECT coalesce(max(id), 0) FROM audit_leaf WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run did: the tree's new size, how many leaves it took in, and whether more are known to wait."""

    size: int
    added: int
    more: bool


def integrate(*, key: Ed25519PrivateKey, origin: str, at: datetime) -> Batch | None:
    """Bring every leaf that is committed by now into the tree and sign its head, all in one transaction.

    Returns None when another sequencer is at work. Raises Conflict when the stored tree is not the one that was
    signed last: then nothing is signed.
    """
    with transaction.atomic():
        if not _value("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]):
            return None
        state = SequencerState.objects.get()
        placed = _place(state)
        if not placed.hashes:
            return Batch(size=state.size, added=0, more=False)
        size = _grow(state.size, placed.hashes, key=key, origin=origin, at=at)
        _swap(state, size=size, placed=placed)
        return Batch(size=size, added=size - state.size, more=not placed.snapshot)


def size() -> int:
    """Return how many leaves have a place in the tree."""
    return SequencerState.objects.get().size


@dataclass(frozen=True, slots=True)
class _Placed:
    hashes: list[bytes]
    snapshot: str
    cluster: str
    restored_upto: int


def _place(state: SequencerState) -> _Placed:
    cluster = str(_value(_CLUSTER))
    restored_upto = state.restored_upto
    if state.cluster not in ("", cluster):
        restored_upto = int(_value(_FOREIGN))
    known = bool(state.snapshot) and state.cluster == cluster
    parameters = {"size": state.size, "snapshot": state.snapshot, "restored_upto": restored_upto, "limit": BACKLOG}
    snapshot, joined = _row(_PLACE_NEW if known else _PLACE_UNPLACED, parameters)
    if not joined:
        return _Placed([], "", cluster, restored_upto)
    hashes = tiles.split(bytes(joined))
    complete = known or len(hashes) < BACKLOG
    return _Placed(hashes, _with_own(snapshot) if complete else "", cluster, restored_upto)


def _with_own(snapshot: str) -> str:
    """Return `snapshot` (xmin:xmax:running) with our own transaction among the running ones, since PostgreSQL leaves
    it out: what it writes to the log after this batch is still to come."""
    own = int(_value("SELECT pg_current_xact_id()::text"))
    xmin, xmax, running = snapshot.split(":")
    if own >= int(xmax):
        return snapshot
    ids = sorted({own, *(int(one) for one in running.split(",") if one)})
    return f"{min(own, int(xmin))}:{xmax}:{','.join(map(str, ids))}"


def _grow(size: int, hashes: list[bytes], *, key: Ed25519PrivateKey, origin: str, at: datetime) -> int:
    edge = stored.edge(size)
    _check_signed(size, edge.root())
    Tile.objects.bulk_create(
        [Tile(level=t.level, index=t.index, root=t.root, hashes=t.hashes) for t in edge.extend(hashes)], batch_size=500
    )
    head = tree_head.TreeHead(origin=origin, size=edge.size, root=edge.root())
    TreeHead.objects.create(size=head.size, root=head.root, note=tree_head.sign(head, key=key), published_at=at)
    return head.size


def _check_signed(size: int, root: bytes) -> None:
    head = TreeHead.objects.order_by("-size").first()
    signed = (head.size, bytes(head.root)) if head else (0, merkle.EMPTY_ROOT)
    if signed != (size, root):
        raise Conflict(
            f"The log's stored tree of {size} leaves is not the tree of {signed[0]} leaves that was signed last. "
            "Nothing more is signed; run the log's verification to find the first wrong record.",
            code="log-diverged",
        )


def _swap(state: SequencerState, *, size: int, placed: _Placed) -> None:
    swapped = SequencerState.objects.filter(size=state.size).update(
        size=size, snapshot=placed.snapshot, cluster=placed.cluster, restored_upto=placed.restored_upto
    )
    if swapped != 1:
        raise Conflict("Another sequencer advanced the log at the same moment.", code="log-advanced")


def _row(sql: str, parameters: Any = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def _value(sql: str, parameters: Any = None) -> Any:
    return _row(sql, parameters)[0]
