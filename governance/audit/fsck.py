"""The independent check of a whole log: entries, places, tiles and tree heads, named one by one where wrong. Pure.

It trusts nothing that is stored but the public key: every hash is computed again from the entries' bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from governance.audit import merkle, tiles, tree_head
from governance.audit.note import VerifierKey
from governance.errors import Invalid

REPEATED = ("type", "actor", "subject", "system", "at")
"""The parts of an entry that stand in columns of their own, so that it can be found."""


@dataclass(frozen=True, slots=True)
class Record:
    """A leaf as it is stored: its place, its exact bytes, the hash it was placed with, and the repeated columns."""

    index: int
    leaf_id: int
    entry: bytes
    placed_hash: bytes
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredHead:
    """A tree head as it is stored."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """`checked` leaves of the log are right so far, counted from its beginning."""

    checked: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong: `where` names the record."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(slots=True)
class Start:
    """The tree before the first record to be checked: its frontier and its edge. Empty for a check of everything."""

    frontier: merkle.Frontier
    edge: tiles.Edge

    @classmethod
    def of_empty(cls) -> Start:
        """Return the start of a check from the first leaf on."""
        return cls(merkle.Frontier(), tiles.Edge())


StoredTile = Callable[[int, int], tuple[bytes, bytes] | None]
"""`tile(level, index)`: root and hashes as stored, or None."""


def check(
    records: Iterable[Record],
    heads: Iterable[StoredHead],
    *,
    tile: StoredTile,
    keys: Iterable[VerifierKey],
    start: Start,
    every: int = 1000,
) -> Iterator[Progress | Finding]:
    """Compare `records` (by index) and `heads` (by size), both from `start` on, with the tree that they make.

    Yields Progress every `every` leaves, and ends with the first Finding or with the last Progress.
    """
    known = tuple(keys)
    waiting = iter(heads)
    head = next(waiting, None)
    good = start.edge.size
    for record in records:
        finding = _check_record(record, start.edge.size) or _append(record, start, tile)
        while finding is None and head is not None and head.size <= start.edge.size:
            finding = _check_head(head, start, good, known)
            good, head = head.size, next(waiting, None)
        if finding is not None:
            yield finding
            return
        if start.edge.size % every == 0:
            yield Progress(start.edge.size)
    yield _check_end(start.edge.size, good, head) or Progress(start.edge.size)


def check_sealed(
    entry: bytes, *, leaf_id: int, beside: Mapping[str, tuple[bytes, bytes]], erased: Collection[str]
) -> Finding | None:
    """Return what is wrong with the confidential values `beside` the log (name → salt and value).

    Each is what the entry commits to; and each that the entry names is there, or among those of which another entry
    says that they were `erased`.
    """
    committed = orjson.loads(entry)["sealed"]
    for name, (salt, value) in beside.items():
        if committed.get(name) != hashlib.sha256(salt + value).hexdigest():
            return Finding(f"leaf {leaf_id}", f"its sealed field {name!r} is not the value that was recorded")
    for name in sorted(committed.keys() - beside.keys() - set(erased)):
        return Finding(f"leaf {leaf_id}", f"its sealed field {name!r} is gone, and no entry says that it was erased")
    return None


def _check_record(record: Record, expected: int) -> Finding | None:
    if record.index != expected:
        return Finding(f"index {expected}", "the leaf, or its place, is missing")
    where = f"leaf {record.leaf_id} (index {record.index})"
    if merkle.leaf_hash(record.entry) != record.placed_hash:
        return Finding(where, "its entry is not the one that was put into the tree")
    try:
        document = orjson.loads(record.entry)
    except orjson.JSONDecodeError:
        return Finding(where, "its entry is not JSON")
    wrong = [name for name in REPEATED if not _says(document, name, record.columns[name])]
    return Finding(where, f"its column {wrong[0]!r} does not say what its entry says") if wrong else None


def _says(document: Any, name: str, value: str) -> bool:
    return isinstance(document, dict) and document.get(name) == value


def _append(record: Record, start: Start, tile: StoredTile) -> Finding | None:
    leaf = merkle.leaf_hash(record.entry)
    start.frontier.append(leaf)
    for full in start.edge.extend([leaf]):
        if tile(full.level, full.index) != (full.root, full.hashes):
            return Finding(tiles.path(full.level, full.index), "the stored tile is missing or not that of the leaves")
    return None


def _check_head(head: StoredHead, start: Start, good: int, keys: tuple[VerifierKey, ...]) -> Finding | None:
    where = f"tree head of size {head.size}"
    root = start.frontier.root()
    try:
        signed = tree_head.verify(head.note, keys=keys)
    except Invalid as error:
        return Finding(where, error.message)
    if (signed.size, signed.root) != (head.size, head.root):
        return Finding(where, "the signed note says something else than the columns beside it")
    if start.edge.size != head.size or root != head.root:
        return Finding(where, f"a leaf from index {good} to {head.size - 1} is not what was signed")
    return None


def _check_end(size: int, good: int, head: StoredHead | None) -> Finding | None:
    if head is not None:
        return Finding(f"tree head of size {head.size}", f"the log holds only {size} leaves; later ones are missing")
    if good < size:
        return Finding(f"index {good}", "the leaf has a place, but no tree head covers it")
    return None
