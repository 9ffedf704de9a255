"""The signed list of a bundle's members: an in-toto statement whose subjects are the members. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from securesystemslib.dsse import Envelope

from governance import canonical
from governance.approvals import statement
from governance.exports import layout
from governance.exports.contents import Document, document
from governance.exports.entries import agree, disagreement
from governance.exports.keyfile import PublicKeys


def build(*, members: Mapping[str, bytes], approval: int, exported_at: str) -> dict[str, Any]:
    """Return the manifest of `members`, which lack the manifest itself."""
    return {
        "_type": statement.STATEMENT_TYPE,
        "subject": [_subject(path, members[path]) for path in sorted(members)],
        "predicateType": layout.MANIFEST_TYPE,
        "predicate": {
            "schema": layout.SCHEMA,
            "approval": approval,
            "exportedAt": exported_at,
            "sizes": {path: len(members[path]) for path in members},
        },
    }


def check(members: Mapping[str, bytes], *, keys: PublicKeys) -> Document:
    """Return the manifest once an attestation key signed it and it lists every other member, with its size and digest.

    Raises Invalid naming the member that is missing, unknown, unlisted or altered.
    """
    _check_names(members)
    check_form(members[layout.MANIFEST_ENVELOPE], layout.MANIFEST_ENVELOPE)
    check_form(members[layout.STATEMENT], layout.STATEMENT)
    signed = statement.open_envelope(members[layout.MANIFEST_ENVELOPE], public_keys=dict(keys.attestation))
    listed: Document = document(members, layout.MANIFEST)
    agree(layout.MANIFEST, listed, signed, by=layout.MANIFEST_ENVELOPE)
    others = {path: content for path, content in members.items() if path not in layout.SIGNED}
    predicate = listed["predicate"]
    for row in listed["subject"]:
        _check_member(row, others, sizes=predicate["sizes"])
    expected = build(members=others, approval=predicate["approval"], exported_at=predicate["exportedAt"])
    agree(layout.MANIFEST, listed, expected, by="the members")
    return listed


def check_form(envelope: bytes, path: str) -> str:
    """Return the id of the one key that signed a DSSE envelope. Raises Invalid unless it has the one form that
    Edgewise writes, so that no byte of it can be altered unseen."""
    try:
        loaded = Envelope.from_dict(orjson.loads(envelope)).to_dict()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise disagreement(path, f"it is not a DSSE envelope: {error}.") from error
    if canonical.encode(loaded) != envelope or len(loaded["signatures"]) != 1:
        raise disagreement(path, "it is not written in the one form that an envelope has.")
    return str(loaded["signatures"][0]["keyid"])


def _check_names(members: Mapping[str, bytes]) -> None:
    for path in sorted(layout.REQUIRED - members.keys()):
        raise disagreement(path, "it is missing.")
    for path in members:
        if not layout.is_known(path):
            raise disagreement(path, "a bundle has no such member.")


def _check_member(row: Document, others: Mapping[str, bytes], *, sizes: Mapping[str, int]) -> None:
    path = row["name"]
    if path not in others:
        raise disagreement(path, "the manifest lists it, and it is missing.")
    if row != _subject(path, others[path]) or sizes.get(path) != len(others[path]):
        raise disagreement(path, "it is not the member that the manifest lists.")


def _subject(path: str, content: bytes) -> dict[str, Any]:
    return {"name": path, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}
