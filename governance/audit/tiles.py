"""Tiles of a Merkle tree (C2SP tlog-tiles): 256 neighbouring hashes of every eighth level. Pure.

The row of level L holds the hashes over 256^L leaves each; row 0 holds the leaf hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from governance.audit import merkle

HEIGHT = 8
WIDTH = 1 << HEIGHT

Hashes = Callable[[int, int], Sequence[bytes]]
"""`hashes(level, index)`: what stands in the tile, up to 256 hashes; fewer where the tree ends."""


@dataclass(frozen=True, slots=True)
class FullTile:
    """Tile `index` of `level`: its 256 hashes, and the hash over them, which stands in the row above."""

    level: int
    index: int
    root: bytes
    hashes: bytes


def path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the C2SP path of a tile, such as `tile/0/x001/x234/067` or, `width` under 256, `tile/1/000.p/17`."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/" + "/".join(reversed(parts)) + suffix


def edge(size: int) -> list[tuple[int, int]]:
    """Return (begin, end) of the unfinished tile in each row of a tree of `size` leaves, from row 0 upwards."""
    rows = []
    while size:
        rows.append((size - size % WIDTH, size))
        size //= WIDTH
    return rows


def split(hashes: bytes) -> list[bytes]:
    """Return the 32-byte hashes of which `hashes` is the concatenation."""
    return [hashes[i : i + merkle.HASH_BYTES] for i in range(0, len(hashes), merkle.HASH_BYTES)]


def subtrees(hashes: Hashes) -> merkle.Subtree:
    """Return the Subtree that proofs are made from, out of tiles."""

    def subtree(height: int, index: int) -> bytes:
        level, inside = divmod(height, HEIGHT)
        begin = index << inside
        tile, offset = divmod(begin, WIDTH)
        return merkle.root(hashes(level, tile)[offset : offset + (1 << inside)])

    return subtree


class Edge:
    """The right edge of a growing tree: the hashes of the unfinished tile of each row, from row 0 upwards."""

    def __init__(self, size: int = 0, rows: Iterable[Sequence[bytes]] = ()) -> None:
        self.size = size
        self._rows = [list(row) for row in rows]

    def root(self) -> bytes:
        """Return the root of the tree."""
        peaks = [
            merkle.root(row[index << height : (index + 1) << height])
            for row in reversed(self._rows)
            for height, index in merkle.complete_subtrees(0, len(row))
        ]
        return merkle.fold(peaks)

    def extend(self, leaves: Sequence[bytes]) -> list[FullTile]:
        """Append leaf hashes and return the tiles that became full, lower rows first."""
        done: list[FullTile] = []
        self._push(0, self.size, leaves, done)
        self.size += len(leaves)
        return done

    def _push(self, level: int, length: int, hashes: Sequence[bytes], done: list[FullTile]) -> None:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level] + list(hashes)
        full = len(row) // WIDTH
        first = length // WIDTH
        tiles = [self._tile(level, first + i, row[i * WIDTH : (i + 1) * WIDTH]) for i in range(full)]
        self._rows[level] = row[full * WIDTH :]
        done.extend(tiles)
        if tiles:
            self._push(level + 1, first, [tile.root for tile in tiles], done)

    @staticmethod
    def _tile(level: int, index: int, hashes: Sequence[bytes]) -> FullTile:
        return FullTile(level=level, index=index, root=merkle.root(hashes), hashes=b"".join(hashes))
