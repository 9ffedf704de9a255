"""Tables of the log. Two columns of a leaf are filled by the database and stand outside its model: `xid`, the
transaction that wrote it, and `leaf_hash`, the SHA-256 of 0x00 and the entry."""

from __future__ import annotations

from django.db import models


class Leaf(models.Model):
    """One thing that happened: `entry` holds the exact canonical bytes that were hashed; the other columns repeat
    parts of it so that it can be found, and prove nothing."""

    subject = models.TextField()
    system = models.TextField(blank=True)
    type = models.TextField()
    actor = models.TextField()
    at = models.DateTimeField()
    entry = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="leaf_subject")]

    def __str__(self) -> str:
        return f"leaf {self.pk}: {self.type} of {self.subject}"


class SealedField(models.Model):
    """A confidential value of which the leaf carries only SHA-256(salt ‖ value). It may be erased; the proof stays."""

    leaf = models.ForeignKey(Leaf, on_delete=models.PROTECT, related_name="sealed_fields")
    name = models.TextField()
    salt = models.BinaryField()
    value = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["leaf", "name"], name="sealed_field_once")]

    def __str__(self) -> str:
        return f"{self.name} of leaf {self.leaf_id}"


class LeafIndex(models.Model):
    """The place of a leaf in the tree, counted from 0 without a gap, and the hash with which it went in; given by
    the sequencer."""

    index = models.BigIntegerField(primary_key=True)
    leaf = models.OneToOneField(Leaf, on_delete=models.PROTECT, related_name="position", db_constraint=False)
    leaf_hash = models.BinaryField()

    def __str__(self) -> str:
        return f"leaf {self.leaf_id} at {self.index}"


class Tile(models.Model):
    """256 neighbouring hashes of one level of the tree (C2SP tlog-tiles), and the hash above them.

    Only full tiles are kept, since a partial one follows from the leaves, or from the roots of the level below.
    """

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    root = models.BinaryField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tile_once")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class TreeHead(models.Model):
    """What the log committed itself to at one size: the root, and the signed note that says so."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.BinaryField()
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tree head of size {self.size}"


class SequencerState(models.Model):
    """The one row that the sequencer compares and swaps: how far it came, and what it could see then.

    `snapshot` is PostgreSQL's text form of a snapshot; empty, or from another `cluster` (system identifier), it
    says nothing, and all leaves are compared. Leaves up to `restored_upto` came from another cluster, whose
    transaction ids mean nothing here.
    """

    size = models.BigIntegerField(default=0)
    snapshot = models.TextField(blank=True)
    cluster = models.TextField(blank=True)
    restored_upto = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sequencer_state_is_one_row")]

    def __str__(self) -> str:
        return f"sequenced up to {self.size}"
