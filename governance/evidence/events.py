"""What happens to checkpoints and evidence."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class CheckpointRegistered(Event):
    """A model version was registered, by the digest of the files that Edgewise hashed."""

    type = "evidence.checkpoint.registered"
    model: str
    server: str
    artifact: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRead(Event):
    """An evaluation run was read and recomputed from its per-case table; `content` is the digest of what tells its
    cases from others', and `missing` how many cases of an earlier evaluation are not counted any more."""

    type = "evidence.evaluation.read"
    model: str
    artifact: str
    run: str
    specification: str
    digest: str
    table: str
    content: str
    missing: int
    after_ratification: bool


@dataclass(frozen=True, kw_only=True)
class UploadBegun(Event):
    """Somebody began to send a large file as evidence about a model version; `table` is its digest, `size` in bytes."""

    type = "evidence.upload.begun"
    model: str
    table: str
    size: int


@dataclass(frozen=True, kw_only=True)
class UploadRefused(Event):
    """A large file is no evidence, for the reason that `code` names, and nothing of it is kept."""

    type = "evidence.upload.refused"
    model: str
    table: str
    code: str


@dataclass(frozen=True, kw_only=True)
class EdgeCasesWritten(Event):
    """A version of a set of edge cases was written; its cases are in the record, by this digest."""

    type = "evidence.edge_cases.written"
    key: str
    version: int
    split: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class EdgeCasesExposed(Event):
    """A held-out set was used: read by somebody, evaluated on, or trained on, which ends its being held out."""

    type = "evidence.edge_cases.exposed"
    key: str
    version: int
    how: str
    digest: str
    model: str
    because: str = sealed()
