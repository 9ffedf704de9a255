"""What happens to candidates, decisions and approvals."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class AttestationKeyIntroduced(Event):
    """A key began to sign attestations."""

    type = "approvals.key.introduced"
    key_id: str
    public_key: str


@dataclass(frozen=True, kw_only=True)
class CandidateOpened(Event):
    """A model version was put forward for a context."""

    type = "approvals.candidate.opened"
    model: str
    artifact: str
    context: str
    revision: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class CandidateRevised(Event):
    """A candidate was brought up to date; sign-offs on the earlier revision no longer count."""

    type = "approvals.candidate.revised"
    revision: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class CandidateWithdrawn(Event):
    """A candidate was withdrawn."""

    type = "approvals.candidate.withdrawn"
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class ConflictDeclared(Event):
    """Somebody declared a conflict of interest."""

    type = "approvals.conflict.declared"
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class CandidateSigned(Event):
    """Somebody signed a revision, bound to the digest of exactly what was shown."""

    type = "approvals.candidate.signed"
    revision: int
    digest: str
    role: str
    group: str
    stance: str
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class CandidateDecided(Event):
    """A revision was decided."""

    type = "approvals.candidate.decided"
    revision: int
    outcome: str
    digest: str
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class ApprovalIssued(Event):
    """An approval was issued, with the digest of its signed statement."""

    type = "approvals.approval.issued"
    artifact: str
    context: str
    specification: str
    valid_from: str
    valid_until: str
    statement: str
    key_id: str


@dataclass(frozen=True, kw_only=True)
class ApprovalEnded(Event):
    """An approval, known by the digest of its statement, was revoked, lapsed, or was superseded."""

    type = "approvals.approval.ended"
    statement: str
    state: str
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class RegistryTold(Event):
    """MLflow was told, by tag and alias, how an approval stands."""

    type = "approvals.registry.told"
    word: str
