"""Reading the log. It stands below accounts, so that whoever shows it checks first that the reader may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from governance.audit import merkle, proof, stored, tiles
from governance.audit.models import Leaf, LeafIndex, SealedField, Tile, TreeHead
from governance.errors import Invalid, NotAllowedNow, NotFound, no_such

RECORDED = "recorded"
IN_TREE = "in-tree"
PAGE = 50
ENTRY = "log entry"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A leaf as it is shown: `index` is its place in the tree (from 0), None until it is sequenced; `entry` holds
    the exact bytes that were hashed."""

    leaf_id: int
    index: int | None
    type: str
    actor: str
    subject: str
    system: str
    at: datetime
    entry: bytes

    @property
    def mark(self) -> str:
        """The proof mark: "recorded", or "in-tree" once a signed tree head covers it."""
        return RECORDED if self.index is None else IN_TREE

    @property
    def document(self) -> dict[str, Any]:
        """What the entry says: version, at, type, actor, subject, system, data, sealed (salted digests)."""
        parsed: dict[str, Any] = orjson.loads(self.entry)
        return parsed


def entry(leaf_id: int) -> LogEntry:
    """Return the entry of leaf `leaf_id`. Raises NotFound."""
    return _only(Leaf.objects.filter(pk=leaf_id))


def entry_at(index: int) -> LogEntry:
    """Return the entry at `index` of the tree. Raises NotFound."""
    return _only(Leaf.objects.filter(position__index=index))


def sealed_of(*, subject: str, type: str) -> list[tuple[int, str]]:  # noqa: A002 - the entry's own word
    """Return leaf and name of each confidential value that is still there, of the entries `type` about `subject`."""
    rows = SealedField.objects.filter(leaf__subject=subject, leaf__type=type).order_by("leaf_id", "name")
    return list(rows.values_list("leaf_id", "name"))


def entries(
    *,
    subject: str = "",
    event_type: str = "",
    actor: str = "",
    system: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    without: Sequence[str] = (),
    limit: int = PAGE,
) -> list[LogEntry]:
    """Return up to `limit` entries that match all that is given, newest first.

    `event_type` ending in a dot means all that begin so, and likewise each type that is left out by `without`; `since`
    is included, `until` is not; `before` is the leaf id that the page before ended with.
    """
    exact = {"subject": subject, "actor": actor, "system": system, "at__gte": since, "at__lt": until, "pk__lt": before}
    given = {name: value for name, value in exact.items() if value not in ("", None)}
    leaves = _leaves(Leaf.objects.filter(_of_type(event_type), **given))
    for left_out in without:
        leaves = leaves.exclude(_of_type(left_out))
    return [_shown(leaf) for leaf in leaves.order_by("-pk")[:limit]]


def newest_about(subjects: Iterable[str]) -> dict[str, LogEntry]:
    """Return the newest entry about each of `subjects` that has one, in one query."""
    rows = _leaves(Leaf.objects.filter(subject__in=list(subjects))).order_by("subject", "-pk").distinct("subject")
    return {leaf.subject: _shown(leaf) for leaf in rows}


def marks(leaf_ids: Iterable[int]) -> dict[int, str]:
    """Return the proof mark of each leaf, in one query."""
    wanted = list(leaf_ids)
    placed = indexes(wanted)
    return {leaf_id: IN_TREE if leaf_id in placed else RECORDED for leaf_id in wanted}


def indexes(leaf_ids: Iterable[int]) -> dict[int, int]:
    """Return the place in the tree of each leaf that has one, in one query."""
    placed = LeafIndex.objects.filter(leaf_id__in=list(leaf_ids))
    return dict(placed.values_list("leaf_id", "index"))


def sealed_values(leaf_id: int) -> dict[str, Any]:
    """Return the confidential values of a leaf by field, without those that were erased."""
    fields = SealedField.objects.filter(leaf_id=leaf_id)
    return {field.name: orjson.loads(bytes(field.value)) for field in fields}


def latest_head() -> TreeHead | None:
    """Return the newest signed tree head, or None while nothing was sequenced."""
    return TreeHead.objects.order_by("-size").first()


def log_size() -> int:
    """Return how many leaves the newest signed tree head covers."""
    head = latest_head()
    return head.size if head else 0


def pending() -> int:
    """Return how many committed leaves wait for the sequencer."""
    return Leaf.objects.filter(position=None).count()


def proof_for(leaf_id: int) -> proof.LogProof:
    """Return the proof that the leaf stands under the newest tree head.

    Raises NotFound for no such leaf, NotAllowedNow while it waits for the sequencer.
    """
    place = LeafIndex.objects.filter(leaf_id=leaf_id).first()
    head = latest_head()
    if place is None or head is None:
        raise NotAllowedNow(f"Leaf {entry(leaf_id).leaf_id} is recorded, but not in the signed tree yet. Ask again.")
    subtree = tiles.subtrees(stored.hashes(head.size))
    hashes = merkle.inclusion_proof(subtree, place.index, head.size)
    return proof.LogProof(index=place.index, hashes=tuple(hashes), note=bytes(head.note))


def consistency(old: int, new: int) -> list[bytes]:
    """Return the proof that the log of `new` leaves continues the log of `old` leaves. Raises Invalid for sizes
    that the log does not have."""
    if not 0 <= old <= new <= log_size():
        raise Invalid(f"The log has {log_size()} leaves; ask for 0 ≤ old ≤ new ≤ {log_size()}.")
    return merkle.consistency_proof(tiles.subtrees(stored.hashes(new)), old, new)


def tile(level: int, index: int, width: int = tiles.WIDTH) -> bytes:
    """Return the first `width` hashes (32 bytes each) of a tile, as C2SP tlog-tiles serves it. Raises NotFound."""
    begin = index * tiles.WIDTH
    have = log_size() >> (tiles.HEIGHT * level)
    if not (1 <= width <= tiles.WIDTH and begin + width <= have):
        raise NotFound("The log has no such tile.")
    full = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    return bytes(full)[: width * merkle.HASH_BYTES] if full else b"".join(stored.row(level, begin, begin + width))


def _of_type(event_type: str) -> Q:
    if not event_type:
        return Q()
    return Q(type__startswith=event_type) if event_type.endswith(".") else Q(type=event_type)


def _leaves(leaves: QuerySet[Leaf]) -> QuerySet[Leaf]:
    return leaves.select_related("position")


def _only(leaves: QuerySet[Leaf]) -> LogEntry:
    leaf = _leaves(leaves).first()
    if leaf is None:
        raise no_such(ENTRY)
    return _shown(leaf)


def _shown(leaf: Leaf) -> LogEntry:
    position: LeafIndex | None = getattr(leaf, "position", None)
    return LogEntry(
        leaf_id=leaf.pk,
        index=position.index if position else None,
        type=leaf.type,
        actor=leaf.actor,
        subject=leaf.subject,
        system=leaf.system,
        at=leaf.at,
        entry=bytes(leaf.entry),
    )
