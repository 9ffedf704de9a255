"""The check of the whole log as the database holds it, in front of the auditor's eyes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.db import connection

from governance.audit import entry as entries
from governance.audit import fsck, keys, merkle, selectors, stored, tiles
from governance.audit.events import SealedFieldErased
from governance.audit.fsck import Finding, Progress
from governance.audit.models import Leaf, LeafIndex, Tile, TreeHead
from governance.errors import Invalid

_MISSED = """
    SELECT min(leaf.id) FROM audit_leaf leaf, audit_sequencerstate state, pg_control_system() AS control
    WHERE state.snapshot <> '' AND state.cluster = control.system_identifier::text AND leaf.id > state.restored_upto
      AND pg_visible_in_snapshot(leaf.xid, state.snapshot::pg_snapshot)
      AND NOT EXISTS (SELECT FROM audit_leafindex WHERE leaf_id = leaf.id)
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """Everything from `since` on is right: `size` leaves under the newest of `heads` tree heads; `pending` wait."""

    since: int
    size: int
    heads: int
    pending: int

    def __str__(self) -> str:
        return (
            f"All {self.size - self.since} entries from index {self.since} on are what was recorded, under "
            f"{self.heads} signed tree heads. {self.pending} more wait for their place in the tree."
        )


def verify_everything(since: int = 0) -> Iterator[Progress | Finding | Verified]:
    """Check all entries from index `since` on, their tiles, their tree heads, and what lies sealed beside them.

    Yields Progress, and ends with a Finding that names the first wrong record, or with Verified. Raises Invalid for
    a `since` beyond the log, NotFound when the log's key is missing.
    """
    size = selectors.log_size()
    if not 0 <= since <= size:
        raise Invalid(f"The log has {size} leaves; verify from an index between 0 and {size}.")
    heads = TreeHead.objects.filter(size__gt=since, size__lte=size).order_by("size")
    start = _start(since)
    if isinstance(start, Finding):
        yield start
        return
    stored_heads = (fsck.StoredHead(h.size, bytes(h.root), bytes(h.note)) for h in heads.iterator())
    known = [keys.log_verifier_key()]
    for step in fsck.check(_records(since, size), stored_heads, tile=_tile, keys=known, start=start):
        yield step
        if isinstance(step, Finding):
            return
    yield _beside(since) or Verified(since, size, heads.count(), selectors.pending())


def _start(since: int) -> fsck.Start | Finding:
    try:
        subtree = tiles.subtrees(stored.hashes(since))
        peaks = [subtree(height, index) for height, index in merkle.complete_subtrees(0, since)]
        return fsck.Start(merkle.Frontier(since, peaks), stored.edge(since))
    except LookupError as error:
        return Finding(f"the tree of {since} leaves", str(error))


def _records(since: int, size: int) -> Iterator[fsck.Record]:
    repeated = [f"leaf__{name}" for name in fsck.REPEATED]
    placed = LeafIndex.objects.filter(index__gte=since, index__lt=size).order_by("index")
    rows = placed.values_list("index", "leaf_id", "leaf__entry", "leaf_hash", *repeated)
    for index, leaf_id, entry, placed_hash, *columns in rows.iterator(chunk_size=2000):
        said = dict(zip(fsck.REPEATED, columns, strict=True))
        said["at"] = entries.instant(said["at"])
        yield fsck.Record(index, leaf_id, bytes(entry), bytes(placed_hash), said)


def _tile(level: int, index: int) -> tuple[bytes, bytes] | None:
    found = Tile.objects.filter(level=level, index=index).values_list("root", "hashes").first()
    return (bytes(found[0]), bytes(found[1])) if found else None


def _beside(since: int) -> Finding | None:
    erased = _erased()
    placed = Leaf.objects.filter(position__index__gte=since).order_by("position__index")
    for leaf in placed.prefetch_related("sealed_fields").iterator(chunk_size=2000):
        beside = {field.name: (bytes(field.salt), bytes(field.value)) for field in leaf.sealed_fields.all()}
        finding = fsck.check_sealed(bytes(leaf.entry), leaf_id=leaf.pk, beside=beside, erased=erased.get(leaf.pk, ()))
        if finding is not None:
            return finding
    return _missed()


def _erased() -> dict[int, set[str]]:
    """Return which confidential values an entry says were erased: leaf → names."""
    found: dict[int, set[str]] = {}
    for entry in Leaf.objects.filter(type=SealedFieldErased.type).values_list("entry", flat=True):
        data = orjson.loads(bytes(entry))["data"]
        found.setdefault(data["leaf"], set()).add(data["name"])
    return found


def _missed() -> Finding | None:
    with connection.cursor() as cursor:
        cursor.execute(_MISSED)
        missed = cursor.fetchone()[0]
    return (
        Finding(f"leaf {missed}", "it was committed before the newest tree head, yet has no place") if missed else None
    )
