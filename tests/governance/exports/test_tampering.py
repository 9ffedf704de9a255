"""Whatever is altered in a bundle, verification fails and says where."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import canonical
from governance.approvals import keys as attestation
from governance.approvals import statement
from governance.audit import keys as log_keys
from governance.audit.note import VerifierKey
from governance.errors import Invalid
from governance.exports import archive, keyfile, layout, manifest
from governance.exports.verify import Report, verify
from tests.governance.exports.conftest import Exported

Members = dict[str, bytes]


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    altered = bytearray(data)
    altered[position] ^= 1 << bit
    return bytes(altered)


def forged(exported: Exported, change: Callable[[Members], None]) -> Report:
    """Let whoever holds the attestation key change members and sign the manifest anew."""
    members = archive.unpack(exported.data)
    listed = json.loads(members[layout.MANIFEST])["predicate"]
    change(members)
    others = {path: content for path, content in members.items() if path not in layout.SIGNED}
    anew = manifest.build(members=others, approval=listed["approval"], exported_at=listed["exportedAt"])
    others[layout.MANIFEST] = canonical.encode(anew)
    others[layout.MANIFEST_ENVELOPE] = statement.sign(anew, key=attestation.attestation_key())
    return verify(archive.pack(others), keys=exported.keys)


def replaced(path: str, change: Callable[[dict], None]) -> Callable[[Members], None]:
    def alter(members: Members) -> None:
        content = json.loads(members[path])
        change(content)
        members[path] = canonical.encode(content)

    return alter


@pytest.mark.expectation(15)
def test_a_byte_flipped_in_any_member_fails_and_names_it(exported: Exported) -> None:
    offset = 0
    for path, content in sorted(archive.unpack(exported.data).items()):
        begin = exported.data.index(path.encode(), offset) + len(path)
        offset = begin + len(content)
        for position in {begin, begin + len(content) // 2, offset - 1}:
            report = verify(flipped(exported.data, position), keys=exported.keys)
            assert not report.ok
            assert path in report.wrong


@pytest.mark.expectation(15)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_bit_flipped_anywhere_fails_with_a_sentence(exported: Exported, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(exported.data) - 1))
    report = verify(flipped(exported.data, position, data.draw(st.integers(0, 7))), keys=exported.keys)
    assert not report.ok
    assert report.wrong


@pytest.mark.expectation(15)
def test_a_bit_flipped_in_the_archives_directory_fails(exported: Exported) -> None:
    begin = exported.data.index(b"PK\x01\x02")
    for position in range(begin, len(exported.data), 7):
        assert not verify(flipped(exported.data, position, position % 8), keys=exported.keys).ok


@pytest.mark.parametrize("change", [lambda d: d + b"\0", lambda d: d[:-1], lambda d: b"", lambda d: b"\0" + d])
def test_more_or_fewer_bytes_than_the_archive_are_refused(exported: Exported, change: Callable[[bytes], bytes]) -> None:
    report = verify(change(exported.data), keys=exported.keys)
    assert not report.ok
    assert "archive" in report.wrong


def test_an_archive_of_more_members_than_a_zip_counts_is_neither_written_nor_read(exported: Exported) -> None:
    paths = [f"log/entries/{number:012}.json" for number in range(archive.MAX_MEMBERS + 1)]
    whole = archive.pack(dict.fromkeys(paths[:-1], b""))
    assert len(archive.unpack(whole)) == archive.MAX_MEMBERS
    with pytest.raises(Invalid, match="would exceed 60000 members"):
        archive.pack(dict.fromkeys(paths, b""))
    directory = whole.index(b"PK\x01\x02")
    one_more = whole[:directory] + archive.pack({paths[-1]: b""}).partition(b"PK\x01\x02")[0] + whole[directory:]
    assert "it has more than 60000 members" in verify(one_more, keys=exported.keys).wrong


def test_an_archive_too_large_is_refused_before_it_is_read(exported: Exported) -> None:
    assert "larger than" in verify(b"PK\x03\x04" + bytes(archive.MAX_BYTES), keys=exported.keys).wrong


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        (b"", "no key of the log"),
        (b"\xff\xfe", "not text"),
        (b"log nonsense", "line 1"),
        (b"key abc", "neither"),
        (b"attestation " + b"a" * 64 + b" " + b"b" * 63, "neither"),
    ],
)
def test_a_malformed_file_of_keys_says_what_is_wrong_with_it(exported: Exported, keys: bytes, wrong: str) -> None:
    report = verify(exported.data, keys=keys)
    assert not report.ok
    assert wrong in report.wrong


def test_keys_of_another_installation_do_not_verify(exported: Exported) -> None:
    known, other = keyfile.read(exported.keys), Ed25519PrivateKey.generate()
    log = keyfile.write(log=[VerifierKey.of(known.log[0].name, other)], attestation=known.attestation)
    signer = keyfile.write(log=known.log, attestation={statement.key_id(other): statement.public_hex(other)})
    assert verify(exported.data, keys=log).wrong.startswith("This is not a valid signed note")
    assert "No known key signed" in verify(exported.data, keys=signer).wrong


def entries(members: Members) -> list[str]:
    return sorted(path for path in members if layout.ENTRY.fullmatch(path))


def entry_of(members: Members, kind: str) -> str:
    return next(path for path in entries(members) if json.loads(members[path])["type"] == kind)


def without(kind: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        path = entry_of(members, kind)
        del members[path], members[layout.proof(int(layout.ENTRY.fullmatch(path)[1]))]

    return change


def of_another_log(members: Members) -> None:
    path = entries(members)[3]
    foreign = json.loads(members[path]) | {"actor": "somebody-else"}
    members[path] = canonical.encode_entry(foreign)


def renumbered(members: Members) -> None:
    path = entries(members)[-1]
    members[layout.entry(999)] = members.pop(path)
    members[layout.proof(999)] = members.pop(layout.proof(int(layout.ENTRY.fullmatch(path)[1])))


def smaller_head(members: Members) -> None:
    from governance.audit import tree_head

    head = tree_head.parse(members[layout.TREE_HEAD].decode().split("\n\n")[0] + "\n")
    members[layout.TREE_HEAD] = tree_head.sign(head, key=Ed25519PrivateKey.generate())


def opened_otherwise(members: Members) -> None:
    rows = json.loads(members[layout.DISCLOSED])
    rows[-1]["value"] = "Something kinder."
    members[layout.DISCLOSED] = canonical.encode(rows)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (of_another_log, "log/entries/"),
        (renumbered, "its name"),
        (smaller_head, "valid signed note"),
        (opened_otherwise, layout.DISCLOSED),
        (without("specs.version.ratified"), "specs.version.ratified"),
        (without("approvals.key.introduced"), "approvals.key.introduced"),
        (without("approvals.candidate.signed"), "approvals.candidate.signed"),
        (without("deliberation.ballot.cast"), "ballots"),
        (without("approvals.approval.issued"), "approvals.approval.issued"),
        (lambda members: members.update({"readme.txt": b"hello"}), "readme.txt"),
        (lambda members: members.pop(layout.REPORT), layout.REPORT),
        (replaced(layout.REPORT, lambda d: d.update(verdict="FAIL")), layout.REPORT),
        (replaced(layout.REPORT, lambda d: d["inputs"].update(subject="a" * 64)), layout.REPORT),
        (replaced(layout.SPECIFICATION, lambda d: d.update(title="Other")), "specs.version.ratified"),
        (replaced(layout.DECISION, lambda d: d["sign_offs"].pop()), layout.DECISION),
        (replaced(layout.CANDIDATE, lambda d: d["policy"].update(validity_days=1)), layout.CANDIDATE),
        (replaced(layout.OUTCOME, lambda d: d.update(winner="revise")), "digest"),
        (replaced(layout.DESIGN, lambda d: d.update(quorum=1)), "digest"),
        (replaced(layout.FILES, lambda d: d[0].update(sha256="a" * 64)), layout.FILES),
        (replaced(layout.LINEAGE, lambda d: d.update(nodes=[])), layout.LINEAGE),
        (lambda members: members.update({layout.SPECIFICATION_TEXT: b"schema: other"}), "specification"),
        (lambda members: members.update({layout.REPORT: members[layout.REPORT] + b"\n"}), layout.REPORT),
    ],
)
def test_even_the_holder_of_the_attestation_key_cannot_alter_what_the_log_holds(
    exported: Exported, change: Callable[[Members], None], wrong: str
) -> None:
    report = forged(exported, change)
    assert not report.ok
    assert wrong in report.wrong


def test_the_key_files_own_text_survives_a_round_trip(exported: Exported) -> None:
    known = keyfile.read(exported.keys)
    assert keyfile.write(log=known.log, attestation=known.attestation) == exported.keys
    assert known.log == (log_keys.log_verifier_key(),)


def test_a_bit_flipped_in_a_key_is_noticed(exported: Exported) -> None:
    comment = exported.keys.index(b"\n")
    for position in range(comment + 1, len(exported.keys)):
        report = verify(exported.data, keys=flipped(exported.keys, position, position % 8))
        assert not report.ok, position
        assert report.wrong
