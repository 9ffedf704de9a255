"""The bundle of an approval: a ZIP that anybody verifies with public keys alone. docs/reference/bundle.md says how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance import canonical
from governance.accounts.models import User
from governance.approvals import keys as attestation
from governance.approvals import statement
from governance.approvals.models import Approval, AttestationKey
from governance.audit import keys as log_keys
from governance.audit import merkle, stored, tiles
from governance.audit import selectors as audit
from governance.audit.models import Leaf
from governance.audit.proof import LogProof
from governance.errors import Conflict, NotAllowedNow
from governance.exports import archive, dossier, keyfile, layout, manifest
from governance.exports.verify import verify
from governance.systems.policies import check_permission


def write_bundle(*, approval: Approval, by: User, at: datetime) -> bytes:
    """Return the bundle of `approval`, signed and verified; nothing is recorded.

    Raises NotPermitted, NotAllowedNow while the signed tree does not cover every entry yet (ask again a moment
    later), and Conflict, naming the record, when what is stored is not what was logged.
    """
    check_permission(by=by, permission="system.read", system=approval.system, at=at, what="approval")
    key = attestation.attestation_key()
    gathered = dossier.compile_dossier(approval=approval, signing_key=statement.key_id(key))
    members = gathered.documents | _log(gathered.leaves)
    listed = manifest.build(members=members, approval=approval.pk, exported_at=at.isoformat())
    members[layout.MANIFEST] = canonical.encode(listed)
    members[layout.MANIFEST_ENVELOPE] = statement.sign(listed, key=key)
    data = archive.pack(members)
    report = verify(data, keys=public_keys())
    if not report.ok:
        raise Conflict(f"No bundle of {approval} can be given out: {report.wrong}", code="bundle-unverifiable")
    return data


def public_keys() -> bytes:
    """Return the file of public keys with which bundles of this installation are verified."""
    introduced = AttestationKey.objects.order_by("pk").values_list("key_id", "public_key")
    return keyfile.write(log=[log_keys.log_verifier_key()], attestation=dict(introduced))


@dataclass(frozen=True, kw_only=True)
class _Place:
    leaf_id: int
    index: int
    entry: bytes


def _log(leaf_ids: Sequence[int]) -> dict[str, bytes]:
    places = _places(leaf_ids)
    head = audit.latest_head()
    if head is None or len(places) < len(leaf_ids):
        raise NotAllowedNow(
            f"{len(leaf_ids) - len(places)} of {len(leaf_ids)} log entries are recorded, but not in the signed tree "
            "yet. Ask again in a moment; if this persists, see that the sequencer runs.",
            code="not-integrated",
        )
    note, subtree = bytes(head.note), tiles.subtrees(stored.hashes(head.size))
    members = {layout.TREE_HEAD: note, layout.DISCLOSED: _disclosed(places)}
    for place in places:
        hashes = merkle.inclusion_proof(subtree, place.index, head.size)
        members[layout.entry(place.index)] = place.entry
        members[layout.proof(place.index)] = LogProof(index=place.index, hashes=tuple(hashes), note=note).to_bytes()
    return members


def _places(leaf_ids: Sequence[int]) -> list[_Place]:
    rows = Leaf.objects.filter(pk__in=leaf_ids, position__isnull=False).order_by("position__index")
    return [
        _Place(leaf_id=pk, index=index, entry=bytes(entry))
        for pk, index, entry in rows.values_list("pk", "position__index", "entry")
    ]


def _disclosed(places: Sequence[_Place]) -> bytes:
    index = {place.leaf_id: place.index for place in places}
    rows = [
        {"index": index[leaf_id], "name": name, "salt": salt, "value": value}
        for leaf_id, name, salt, value in dossier.disclosures(index)
    ]
    return canonical.encode(sorted(rows, key=lambda row: (row["index"], row["name"])))
