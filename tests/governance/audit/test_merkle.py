from __future__ import annotations

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.audit import merkle
from tests.governance.audit import reference

# The eight inputs, their roots and proofs that Certificate Transparency implementations publish for RFC 6962.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES = [merkle.leaf_hash(entry) for entry in INPUTS]
SUBTREE = merkle.from_leaves(LEAVES)


def hexed(proof: list[bytes]) -> list[str]:
    return [part.hex() for part in proof]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]
    assert merkle.root_of_range(SUBTREE, 0, size).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[4]]), (2, 3, [ROOTS[2]]), (1, 5, [ROOTS[1], B, D])],
)
def test_the_published_inclusion_proofs_come_out(index: int, size: int, expected: list[str]) -> None:
    assert hexed(merkle.inclusion_proof(SUBTREE, index, size)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])],
)
def test_the_published_consistency_proofs_come_out(old: int, new: int, expected: list[str]) -> None:
    assert hexed(merkle.consistency_proof(SUBTREE, old, new)) == expected


entries = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


@settings(deadline=None)
@given(entries, st.data())
def test_every_inclusion_proof_is_that_of_the_rfc_and_of_pymerkle(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    leaves = [merkle.leaf_hash(entry) for entry in data]
    proof = merkle.inclusion_proof(merkle.from_leaves(leaves), index, len(data))
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in data:
        oracle.append(entry)
    assert proof == reference.path(index, data)
    assert merkle.root(leaves) == reference.mth(data) == oracle.get_state()
    assert proof == oracle.prove_inclusion(index + 1, len(data)).path[1:]
    assert merkle.includes(index=index, size=len(data), leaf=leaves[index], proof=proof, root=merkle.root(leaves))


@settings(deadline=None)
@given(entries, st.data())
def test_every_consistency_proof_is_that_of_the_rfc_and_holds(data: list[bytes], draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, len(data)))
    leaves = [merkle.leaf_hash(entry) for entry in data]
    proof = merkle.consistency_proof(merkle.from_leaves(leaves), old, len(data))
    old_root, new_root = merkle.root(leaves[:old]), merkle.root(leaves)
    assert proof == reference.proof(old, data)
    assert merkle.is_consistent(old=old, new=len(data), old_root=old_root, new_root=new_root, proof=proof)


@settings(deadline=None)
@given(entries, st.data())
def test_a_proof_with_one_wrong_bit_or_part_never_holds(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    leaves = [merkle.leaf_hash(entry) for entry in data]
    true = {"index": index, "size": len(data), "leaf": leaves[index], "root": merkle.root(leaves)}
    proof = merkle.inclusion_proof(merkle.from_leaves(leaves), index, len(data))
    assert not merkle.includes(**{**true, "root": flipped(true["root"], draw)}, proof=proof)
    assert not merkle.includes(**{**true, "leaf": flipped(true["leaf"], draw)}, proof=proof)
    assert not merkle.includes(**true, proof=[*proof, b"\x00" * 32])
    for position, part in enumerate(proof):
        assert not merkle.includes(**true, proof=[*proof[:position], flipped(part, draw), *proof[position + 1 :]])
        assert not merkle.includes(**true, proof=[*proof[:position], part[:-1], *proof[position + 1 :]])


def flipped(data: bytes, draw: st.DataObject) -> bytes:
    place = draw.draw(st.integers(0, len(data) - 1))
    return data[:place] + bytes([data[place] ^ (1 << draw.draw(st.integers(0, 7)))]) + data[place + 1 :]


@pytest.mark.parametrize(("old", "new"), [(o, n) for n in range(2, 9) for o in range(1, n)])
def test_a_forked_history_is_not_consistent(old: int, new: int) -> None:
    forked = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]
    proof = merkle.consistency_proof(SUBTREE, old, new)
    true_root, forged_root = merkle.root(LEAVES[:old]), merkle.root(forked[:old])
    assert merkle.is_consistent(old=old, new=new, old_root=true_root, new_root=merkle.root(LEAVES[:new]), proof=proof)
    assert not merkle.is_consistent(
        old=old, new=new, old_root=forged_root, new_root=merkle.root(LEAVES[:new]), proof=proof
    )
    assert not merkle.is_consistent(
        old=old, new=new, old_root=true_root, new_root=merkle.root(forked[:new]), proof=proof
    )


def test_every_log_continues_the_empty_one_and_none_shrinks() -> None:
    root = merkle.root(LEAVES)
    assert merkle.is_consistent(old=0, new=8, old_root=merkle.EMPTY_ROOT, new_root=root, proof=[])
    assert not merkle.is_consistent(old=0, new=8, old_root=root, new_root=root, proof=[])
    assert not merkle.is_consistent(old=8, new=7, old_root=root, new_root=root, proof=[])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no inclusion proof"):
        merkle.inclusion_proof(SUBTREE, index, size)


def test_a_frontier_grows_into_the_same_roots() -> None:
    frontier = merkle.Frontier()
    for size, leaf in enumerate(LEAVES, start=1):
        frontier.append(leaf)
        assert frontier.root().hex() == ROOTS[size]
