"""The Merkle tree of RFC 6962 with SHA-256: hashes, proofs, and their verification without the tree. Pure.

Sizes and indexes count leaves from 0. A proof's maker asks a `Subtree` for hashes of complete subtrees, so that it
does not matter where these are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""`subtree(height, index)`: the hash over the leaves [index · 2^height, (index + 1) · 2^height), all of them there."""


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes, or over nodes of one height; SHA-256 of nothing when empty."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(left, right) for left, right in zip(row[0::2], row[1::2], strict=False)] + odd
    return row[0]


def complete_subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """Return the (height, index) of the largest complete subtrees that cover leaves [begin, end), left to right.

    `begin` is a boundary of the RFC's recursion (0, or a multiple of a power of two that is at least end - begin).
    """
    parts = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        parts.append((height, begin >> height))
        begin += 1 << height
    return parts


def root_of_range(subtree: Subtree, begin: int, end: int) -> bytes:
    """Return the RFC 6962 hash MTH(D[begin:end]) from complete subtrees."""
    return fold([subtree(height, index) for height, index in complete_subtrees(begin, end)])


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees of falling height, left to right; SHA-256 of nothing when empty."""
    if not peaks:
        return EMPTY_ROOT
    result = peaks[-1]
    for peak in reversed(peaks[:-1]):
        result = node_hash(peak, result)
    return result


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes make PATH(index, D[size]) of RFC 6962 section 2.1.1, leaf side first.

    Requires 0 <= index < size; raises ValueError otherwise.
    """
    if not 0 <= index < size:
        raise ValueError(f"no inclusion proof of index {index} in a tree of {size}")
    ranges, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes make PROOF(old, D[new]) of RFC 6962 section 2.1.2.

    Requires 0 <= old <= new; raises ValueError otherwise. Empty when old is 0 or equals new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no consistency proof from size {old} to size {new}")
    if old in (0, new):
        return []
    ranges, begin, end = [], 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ([(begin, old)] if begin else []) + ranges[::-1]


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of leaf `index` in the tree of the first `size` leaves (RFC 6962, 2.1.1)."""
    return [root_of_range(subtree, begin, end) for begin, end in inclusion_ranges(index, size)]


def consistency_proof(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves continues the tree of `old` leaves (RFC 6962, 2.1.2)."""
    return [root_of_range(subtree, begin, end) for begin, end in consistency_ranges(old, new)]


def root_from_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that `proof` leads to from the leaf hash `leaf` (RFC 9162 section 2.1.3.2).

    Raises ValueError when the proof cannot be one for this index and size.
    """
    ranges = inclusion_ranges(index, size)
    _check_lengths(proof, len(ranges))
    result = leaf
    for sibling, (begin, _) in zip(proof, ranges, strict=True):
        result = node_hash(sibling, result) if begin < index else node_hash(result, sibling)
    return result


def includes(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether `proof` shows the leaf hash `leaf` at `index` in the tree of `size` leaves with hash `root`."""
    try:
        return root_from_inclusion(index=index, size=size, leaf=leaf, proof=proof) == root
    except ValueError:
        return False


def is_consistent(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether `proof` shows that the tree (new, new_root) continues the tree (old, old_root).

    Every tree continues the empty one (RFC 9162 section 2.1.4.2 leaves that case to the reader).
    """
    try:
        ranges = consistency_ranges(old, new)
        _check_lengths(proof, len(ranges))
    except ValueError:
        return False
    if old == new:
        return old_root == new_root
    if old == 0:
        return old_root == EMPTY_ROOT
    seeded = ranges[0][1] == old
    old_hash = new_hash = proof[0] if seeded else old_root
    for sibling, (begin, _) in zip(proof[seeded:], ranges[seeded:], strict=True):
        if begin < old:
            old_hash = node_hash(sibling, old_hash)
            new_hash = node_hash(sibling, new_hash)
        else:
            new_hash = node_hash(new_hash, sibling)
    return old_hash == old_root and new_hash == new_root


def from_leaves(hashes: Sequence[bytes]) -> Subtree:
    """Return a Subtree over leaf hashes in memory; its cost grows with the subtree, so it is for small trees."""

    def subtree(height: int, index: int) -> bytes:
        return root(hashes[index << height : (index + 1) << height])

    return subtree


class Frontier:
    """The complete subtrees on the right edge of a growing tree: all that is needed to append and to know the root."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the end."""
        carry = self.size
        while carry & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            carry >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over everything appended so far."""
        return fold(self._peaks)


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _check_lengths(proof: Sequence[bytes], expected: int) -> None:
    if len(proof) != expected or any(len(part) != HASH_BYTES for part in proof):
        raise ValueError("the proof has not the length that its sizes ask for")
