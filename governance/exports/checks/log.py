"""Does the log stand behind every entry, and does it name the keys that signed? Pure."""

from __future__ import annotations

from governance.approvals.events import AttestationKeyIntroduced
from governance.audit import proof, tree_head
from governance.errors import DomainError
from governance.exports import layout
from governance.exports.contents import Bundle
from governance.exports.entries import Entry, agree, disagreement


def check_tree_head(bundle: Bundle) -> str:
    """The tree head is signed by the log's key."""
    head = tree_head.verify(bundle.members[layout.TREE_HEAD], keys=bundle.keys.log)
    return f"{head.origin} signed a tree head over {head.size} entries."


def check_inclusion(bundle: Bundle) -> str:
    """Every entry is in the tree under that head, and every proof belongs to an entry."""
    proofs = {path for path in bundle.members if layout.PROOF.fullmatch(path)}
    agree("log/proofs", sorted(proofs), [layout.proof(e.index) for e in bundle.entries.all], by="log/entries")
    if not bundle.entries.all:
        raise disagreement("log/entries", "there is none.")
    for entry in bundle.entries.all:
        _check_included(bundle, entry)
    return f"All {len(bundle.entries.all)} log entries stand in the tree at their index, byte for byte."


def check_keys(bundle: Bundle, *, signed_by: str) -> Entry:
    """Return the entry that introduced the attestation key with the id `signed_by`, as the verifier knows it."""
    public = bundle.keys.attestation.get(signed_by)
    if public is None:
        raise disagreement("keys", f"the file of public keys has no attestation key {signed_by}.")
    return bundle.entries.only(AttestationKeyIntroduced, key_id=signed_by, public_key=public)


def _check_included(bundle: Bundle, entry: Entry) -> None:
    path = layout.proof(entry.index)
    stated = proof.parse(bundle.members[path])
    if stated.to_bytes() != bundle.members[path] or stated.extra:
        raise disagreement(path, "it is not written in the one form that a proof has.")
    agree(path, stated.index, entry.index, by="its name")
    agree(path, stated.note, bundle.members[layout.TREE_HEAD], by=layout.TREE_HEAD)
    try:
        proof.verify(stated, entry=entry.raw, keys=bundle.keys.log)
    except DomainError as error:
        what = f"the log does not hold it at index {entry.index}: {error.message}"
        raise disagreement(layout.entry(entry.index), what) from error
