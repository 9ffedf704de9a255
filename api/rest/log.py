"""The log: what was recorded, and proofs that anybody can check."""

from __future__ import annotations

import base64
from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.fields import LARGEST_ID, DocumentField, Moment, key_field
from governance.audit import selectors, services
from governance.audit.selectors import PAGE
from governance.errors import NotFound
from governance.systems import log_reading


class EntryRow(serializers.Serializer):
    """A leaf; `index` is its place in the tree, null until it is sequenced; `entry` the exact bytes, in base64."""

    leaf = serializers.IntegerField(source="leaf_id")
    index = serializers.IntegerField(allow_null=True)
    mark = serializers.CharField()
    type = serializers.CharField()
    actor = serializers.CharField()
    subject = serializers.CharField()
    system = serializers.CharField()
    at = serializers.DateTimeField()
    entry = serializers.SerializerMethodField(help_text="base64")
    document = DocumentField()

    def get_entry(self, entry: selectors.LogEntry) -> str:
        """Return the bytes in base64."""
        return base64.b64encode(entry.entry).decode()


class EntryPage(serializers.Serializer):
    """Entries, newest first; `next` is the `before` of the following page, null on the last."""

    next = serializers.IntegerField(allow_null=True)
    results = EntryRow(many=True)


class Head(serializers.Serializer):
    """The newest signed tree head (C2SP tlog-checkpoint); the root is in base64."""

    size = serializers.IntegerField()
    root = serializers.CharField()
    note = serializers.CharField()
    published_at = serializers.DateTimeField()


class InclusionProof(serializers.Serializer):
    """A proof that a leaf stands under a tree head; `text` is the whole of it as C2SP tlog-proof."""

    index = serializers.IntegerField()
    hashes = serializers.ListField(child=serializers.CharField(), help_text="base64")
    note = serializers.CharField()
    text = serializers.CharField()


class ConsistencyProof(serializers.Serializer):
    """A proof that the log only grew."""

    old = serializers.IntegerField()
    new = serializers.IntegerField()
    hashes = serializers.ListField(child=serializers.CharField(), help_text="base64")


class Erased(serializers.Serializer):
    """The leaf that says what was erased."""

    leaf = serializers.IntegerField()


class Search(Given):
    """Which entries; a `type` that ends in a dot means all that begin so. `before` is a leaf."""

    system = key_field()
    subject = serializers.CharField(max_length=300, required=False)
    type = serializers.CharField(max_length=100, required=False)
    actor = serializers.CharField(max_length=100, required=False)
    since = Moment(required=False)
    until = Moment(required=False)
    before = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=PAGE)


class Sizes(Given):
    """Two sizes of the log, in leaves."""

    old = serializers.IntegerField(min_value=0, max_value=LARGEST_ID)
    new = serializers.IntegerField(min_value=0, max_value=LARGEST_ID)


class Erasure(Given):
    """Which confidential value, and on which legal ground."""

    name = serializers.CharField(max_length=100)
    ground = serializers.CharField(max_length=2000)


class TreeHead(Endpoint):
    """What the log last committed itself to."""

    @operation("log_tree_head", summary="The newest signed tree head", gives=Head)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        head = selectors.latest_head()
        if head is None:
            raise NotFound("Nothing has been sequenced yet.")
        root, note = _base64(head.root), bytes(head.note).decode()
        return {"size": head.size, "root": root, "note": note, "published_at": head.published_at}


class Entries(Endpoint):
    """A search."""

    @operation("log_entry_list", summary="Log entries of a system, newest first", asks=Search, gives=EntryPage)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        limit = given.pop("limit")
        renamed = {"event_type": given.pop("type", ""), "system_key": given.pop("system")}
        found = log_reading.entries(limit=limit + 1, **renamed, **given, **self.acting)
        return {"next": found[limit - 1].leaf_id if len(found) > limit else None, "results": found[:limit]}


class EntryAt(Endpoint):
    """One entry by its place in the tree."""

    @operation("log_entry_read", summary="The entry at a place in the tree", gives=EntryRow)
    def get(self, given: dict[str, Any], index: int) -> selectors.LogEntry:
        return log_reading.entry_at(index=index, **self.acting)


class Leaf(Endpoint):
    """One entry by its leaf."""

    @operation("log_leaf_read", summary="The entry of a leaf", gives=EntryRow)
    def get(self, given: dict[str, Any], leaf: int) -> selectors.LogEntry:
        return log_reading.entry(leaf_id=leaf, **self.acting)


class Proof(Endpoint):
    """A receipt."""

    @operation("log_leaf_proof", summary="The proof that a leaf stands in the log", gives=InclusionProof)
    def get(self, given: dict[str, Any], leaf: int) -> dict[str, Any]:
        proof = log_reading.proof_for(leaf_id=leaf, by=self.by)
        hashes = [_base64(value) for value in proof.hashes]
        return {"index": proof.index, "hashes": hashes, "note": proof.note.decode(), "text": proof.to_bytes().decode()}


class Consistency(Endpoint):
    """A proof that the log only grew."""

    @operation("log_consistency", summary="The proof that the log only grew", asks=Sizes, gives=ConsistencyProof)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        hashes = selectors.consistency(given["old"], given["new"])
        return given | {"hashes": [_base64(value) for value in hashes]}


class Erasures(Endpoint):
    """The lawful end of a confidential value."""

    @operation(verb="audit.sealed.erase", takes=Erasure, gives=Erased, status=201)
    def post(self, given: dict[str, Any], leaf: int) -> dict[str, int]:
        return {"leaf": services.erase_sealed(leaf_id=leaf, **given, **self.acting)}


def _base64(value: bytes | memoryview) -> str:
    return base64.b64encode(bytes(value)).decode()
