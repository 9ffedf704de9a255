from __future__ import annotations

import hashlib
import random

import pytest

from governance.audit import merkle, tiles

LEAVES = [hashlib.sha256(i.to_bytes(4, "big")).digest() for i in range(70_000)]


def grown(size: int, *, seed: int = 1) -> tuple[tiles.Edge, dict[tuple[int, int], tiles.FullTile]]:
    """A tree of `size` leaves, appended in batches of uneven length, and its full tiles."""
    steps, edge, full = random.Random(seed), tiles.Edge(), {}
    while edge.size < size:
        batch = LEAVES[edge.size : min(size, edge.size + steps.choice([1, 3, 255, 256, 257, 1000, 66_000]))]
        full.update({(tile.level, tile.index): tile for tile in edge.extend(batch)})
    return edge, full


@pytest.mark.parametrize(
    ("level", "index", "width", "expected"),
    [
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (0, 0, 256, "tile/0/000"),
        (1, 17, 5, "tile/1/017.p/5"),
        (2, 1000, 256, "tile/2/x001/000"),
    ],
)
def test_paths_are_those_of_tlog_tiles(level: int, index: int, width: int, expected: str) -> None:
    assert tiles.path(level, index, width) == expected


def test_seventy_thousand_leaves_make_the_tiles_of_the_specifications_example() -> None:
    _, full = grown(70_000)
    assert sorted(full)[-1] == (1, 0)
    assert len(full) == 273 + 1
    assert [end - begin for begin, end in tiles.edge(70_000)] == [112, 17, 1]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000])
def test_however_batches_fall_the_root_is_that_of_the_leaves(size: int) -> None:
    edge, _ = grown(size, seed=size)
    assert edge.root() == merkle.root(LEAVES[:size])


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert tiles.Edge().root() == merkle.EMPTY_ROOT


def test_each_tile_holds_the_hashes_of_its_row() -> None:
    _, full = grown(66_000)
    assert tiles.split(full[0, 3].hashes) == LEAVES[768:1024]
    assert full[0, 3].root == merkle.root(LEAVES[768:1024])
    assert tiles.split(full[1, 0].hashes)[3] == full[0, 3].root


@pytest.mark.parametrize(("index", "size"), [(0, 70_000), (69_999, 70_000), (65_536, 65_537), (12_345, 66_000)])
def test_proofs_from_tiles_hold(index: int, size: int) -> None:
    rows = [LEAVES[:size]]
    while len(rows[-1]) >= tiles.WIDTH:
        below = rows[-1]
        rows.append([merkle.root(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    subtree = tiles.subtrees(lambda level, tile: rows[level][tile * 256 : (tile + 1) * 256])
    root = merkle.root(LEAVES[:size])
    proof = merkle.inclusion_proof(subtree, index, size)
    assert merkle.includes(index=index, size=size, leaf=LEAVES[index], proof=proof, root=root)
    old = index or 1
    step = merkle.consistency_proof(subtree, old, size)
    assert merkle.is_consistent(old=old, new=size, old_root=merkle.root(LEAVES[:old]), new_root=root, proof=step)
