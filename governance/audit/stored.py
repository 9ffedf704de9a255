"""Hashes of the tree as the database holds them."""

from __future__ import annotations

from collections.abc import Iterable

from governance.audit import tiles
from governance.audit.models import LeafIndex, Tile


def row(level: int, begin: int, end: int) -> list[bytes]:
    """Return the hashes [begin, end) of one row of tiles: those of leaves, or the roots of the tiles below.

    Raises LookupError when the database lacks one.
    """
    found = _roots(level - 1, begin, end) if level else _leaves(begin, end)
    hashes = [bytes(one) for one in found]
    if len(hashes) != end - begin:
        raise LookupError(f"row {level} of the tree lacks {end - begin - len(hashes)} hashes from {begin} to {end}")
    return hashes


def edge(size: int) -> tiles.Edge:
    """Return the right edge of the tree of the first `size` leaves."""
    return tiles.Edge(size, [row(level, begin, end) for level, (begin, end) in enumerate(tiles.edge(size))])


def hashes(size: int) -> tiles.Hashes:
    """Return a reader of the tiles of the tree of the first `size` leaves; each is read once."""
    rows = [end for _, end in tiles.edge(size)]
    read: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, index: int) -> list[bytes]:
        if (level, index) not in read:
            read[level, index] = _tile(level, index, rows[level])
        return read[level, index]

    return tile


def _tile(level: int, index: int, end: int) -> list[bytes]:
    begin = index * tiles.WIDTH
    if begin + tiles.WIDTH > end:
        return row(level, begin, end)
    stored = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    if stored is None:
        raise LookupError(f"{tiles.path(level, index)} is missing")
    return tiles.split(bytes(stored))


def _roots(level: int, begin: int, end: int) -> Iterable[bytes | memoryview]:
    below = Tile.objects.filter(level=level, index__gte=begin, index__lt=end)
    return below.order_by("index").values_list("root", flat=True)


def _leaves(begin: int, end: int) -> Iterable[bytes | memoryview]:
    placed = LeafIndex.objects.filter(index__gte=begin, index__lt=end)
    return placed.order_by("index").values_list("leaf_hash", flat=True)
