"""What happens to checkpoints and evidence."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event


@dataclass(frozen=True, kw_only=True)
class CheckpointRegistered(Event):
    """A model version was registered, by the digest of the files that Edgewise hashed."""

    type = "evidence.checkpoint.registered"
    model: str
    server: str
    artifact: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRead(Event):
    """An evaluation run was read and recomputed from its per-case table."""

    type = "evidence.evaluation.read"
    model: str
    artifact: str
    run: str
    specification: str
    digest: str
    table: str
    after_ratification: bool
