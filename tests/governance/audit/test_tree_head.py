from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit import merkle, note, proof, tree_head
from governance.audit.note import VerifierKey
from governance.audit.tree_head import TreeHead
from governance.errors import Invalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ORIGIN = "edgewise.example/log"
PUBLIC = VerifierKey.of(ORIGIN, KEY)
ENTRIES = [b"one", b"two", b"three", b"four", b"five"]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
HEAD = TreeHead(origin=ORIGIN, size=5, root=merkle.root(LEAVES))
ROOT = base64.b64encode(HEAD.root).decode()

# The example note and key of Go's golang.org/x/mod/sumdb/note, which this format comes from.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_signed_by_another_implementation_verifies() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert note.verify(GO_NOTE.encode(), keys=[key]).text.startswith("If you think")


def test_a_signed_head_verifies_and_reads_as_three_lines() -> None:
    signed = tree_head.sign(HEAD, key=KEY)
    assert signed.decode().startswith(f"{ORIGIN}\n5\n{ROOT}\n\n— {ORIGIN} ")
    assert tree_head.verify(signed, keys=[PUBLIC], origin=ORIGIN) == HEAD


def test_one_changed_byte_anywhere_is_found() -> None:
    signed = tree_head.sign(HEAD, key=KEY)
    for place in range(len(signed)):
        for bit in (0x01, 0x20, 0x80):
            forged = signed[:place] + bytes([signed[place] ^ bit]) + signed[place + 1 :]
            with pytest.raises(Invalid):
                tree_head.verify(forged, keys=[PUBLIC])


def test_a_head_signed_by_another_key_or_of_another_log_is_refused() -> None:
    with pytest.raises(Invalid, match="none is by a known key"):
        tree_head.verify(tree_head.sign(HEAD, key=OTHER), keys=[PUBLIC])
    elsewhere = note.sign(TreeHead("other.example/log", 5, HEAD.root).text(), name=ORIGIN, key=KEY).to_bytes()
    with pytest.raises(Invalid, match=r"no known key belongs to other\.example/log"):
        tree_head.verify(elsewhere, keys=[PUBLIC])


def test_cosignatures_of_strangers_are_ignored() -> None:
    stranger = note.sign(HEAD.text(), name="witness.example", key=OTHER).signatures
    own = note.parse(tree_head.sign(HEAD, key=KEY))
    cosigned = note.Note(own.text, stranger + own.signatures).to_bytes()
    assert tree_head.verify(cosigned, keys=[PUBLIC]) == HEAD


def test_a_wrong_signature_by_a_known_key_spoils_the_note_even_beside_a_right_one() -> None:
    own = note.parse(tree_head.sign(HEAD, key=KEY))
    wrong = note.sign("something else\n", name=ORIGIN, key=KEY).signatures
    with pytest.raises(Invalid, match="is wrong"):
        tree_head.verify(note.Note(own.text, own.signatures + wrong).to_bytes(), keys=[PUBLIC])


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n5\n{ROOT}",
        f"{ORIGIN}\n05\n{ROOT}\n",
        f"{ORIGIN}\n-5\n{ROOT}\n",
        f"{ORIGIN}\n+5\n{ROOT}\n",
        f"{ORIGIN}\n٥\n{ROOT}\n",
        f"{ORIGIN}\n5 \n{ROOT}\n",
        f"{ORIGIN}\n5\n{ROOT}\nextension\n",
        f"{ORIGIN}\n5\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n5\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n",  # the same bytes, in base64 that nobody writes
        f"{ORIGIN}\n5\nAAAA\n",
        f"two words\n5\n{ROOT}\n",
        f"\n5\n{ROOT}\n",
        f"{ORIGIN}\r\n5\r\n{ROOT}\r\n",
        f"{ORIGIN}\n99999999999999999999\n{ROOT}\n",
    ],
)
def test_a_head_that_is_not_written_strictly_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        tree_head.parse(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno dash AAAAAAA=\n",
        "text\n\n— name AAAAAAA=".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "te\x07xt\n\n— name AAAAAAA=\n".encode(),
        b"\xff\n\n" + "— name AAAAAAA=\n".encode(),
        b"text\n\n" + "— name AAAAAAA=\n".encode() * 65,
        b"x" * 1_000_001,
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        note.parse(data)


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000", GO_KEY.replace("c74f", "c74e"), GO_KEY[:-4], GO_KEY.replace("+AR", "+BR")]
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        VerifierKey.parse(text)


def proof_of(index: int) -> proof.LogProof:
    hashes = merkle.inclusion_proof(merkle.from_leaves(LEAVES), index, 5)
    return proof.LogProof(index=index, hashes=tuple(hashes), note=tree_head.sign(HEAD, key=KEY))


@pytest.mark.parametrize("index", range(5))
@pytest.mark.expectation(15)
def test_a_proof_file_is_read_back_and_verifies_with_the_public_key_alone(index: int) -> None:
    read = proof.parse(proof_of(index).to_bytes())
    assert read == proof_of(index)
    assert proof.verify(read, entry=ENTRIES[index], keys=[PUBLIC], origin=ORIGIN) == HEAD


def test_a_proof_file_with_extra_data_is_read_back() -> None:
    with_extra = proof.LogProof(index=0, hashes=(), note=b"n\n", extra=b"why")
    assert proof.parse(with_extra.to_bytes()) == with_extra


@pytest.mark.expectation(15)
def test_one_changed_byte_of_entry_or_proof_file_is_found() -> None:
    data = proof_of(2).to_bytes()
    for place in range(len(data)):
        for bit in (0x01, 0x20):
            forged = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
            with pytest.raises(Invalid):
                proof.verify(proof.parse(forged), entry=ENTRIES[2], keys=[PUBLIC])
    with pytest.raises(Invalid, match="does not include it at index 2"):
        proof.verify(proof.parse(data), entry=b"thref", keys=[PUBLIC])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 0\n!!!!\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"AAAA\n" * 65 + b"\nnote",
        "c2sp.org/tlog-proof@v1\nindex ٥\n\nnote".encode(),
    ],
)
def test_a_malformed_proof_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        proof.parse(data)
