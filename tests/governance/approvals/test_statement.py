"""The portable form of an approval."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.approvals import statement
from governance.errors import Invalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KNOWN = {statement.key_id(KEY): statement.public_hex(KEY)}
STATED = statement.build(
    model={"uri": "models:/outreach-model/4", "digest": "0" * 64},
    manifest=[{"path": "model.skops", "size": 3, "sha256": "1" * 64}],
    predicate={"context": "us/outreach/phone"},
)


def test_a_statement_is_one_by_in_totos_own_library() -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    message = json_format.Parse(json.dumps(STATED), Message())
    Statement.copy_from_pb(message).validate()
    assert [subject.name for subject in message.subject] == [
        "models:/outreach-model/4",
        "models:/outreach-model/4#model.skops",
    ]


def test_an_envelope_opens_with_the_key_that_signed_it() -> None:
    assert statement.open_envelope(statement.sign(STATED, key=KEY), public_keys=KNOWN) == STATED


def test_an_envelope_does_not_open_with_another_key() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    keys = {statement.key_id(other): statement.public_hex(other)}
    with pytest.raises(Invalid, match="No known key"):
        statement.open_envelope(statement.sign(STATED, key=KEY), public_keys=keys)


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"null", b'{"payload": 1, "payloadType": "x", "signatures": []}'])
def test_what_is_no_envelope_is_refused_in_words(junk: bytes) -> None:
    with pytest.raises(Invalid):
        statement.open_envelope(junk, public_keys=KNOWN)


def test_an_altered_payload_is_refused() -> None:
    envelope = json.loads(statement.sign(STATED, key=KEY))
    envelope["payload"] = "e30="
    with pytest.raises(Invalid):
        statement.open_envelope(json.dumps(envelope).encode(), public_keys=KNOWN)
