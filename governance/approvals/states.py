"""The states of candidates, approvals and write-backs; the database holds the same tables."""

from __future__ import annotations

from django.db import models


class CandidateState(models.TextChoices):
    """Where a release candidate stands."""

    OPEN = "open", "open"
    DECIDED = "decided", "decided"
    WITHDRAWN = "withdrawn", "withdrawn"


class ApprovalState(models.TextChoices):
    """Whether an approval still stands, and if not, what ended it."""

    ACTIVE = "active", "active"
    LAPSED = "lapsed", "lapsed"
    REVOKED = "revoked", "revoked"
    SUPERSEDED = "superseded", "superseded"


class WriteBackState(models.TextChoices):
    """Whether MLflow has been told."""

    PENDING = "pending", "pending"
    DONE = "done", "done"


CANDIDATE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    CandidateState.OPEN: (CandidateState.DECIDED, CandidateState.WITHDRAWN),
    CandidateState.DECIDED: (),
    CandidateState.WITHDRAWN: (),
}
APPROVAL_TRANSITIONS: dict[str, tuple[str, ...]] = {
    ApprovalState.ACTIVE: (ApprovalState.LAPSED, ApprovalState.REVOKED, ApprovalState.SUPERSEDED),
    ApprovalState.LAPSED: (),
    ApprovalState.REVOKED: (),
    ApprovalState.SUPERSEDED: (),
}
WRITE_BACK_TRANSITIONS: dict[str, tuple[str, ...]] = {
    WriteBackState.PENDING: (WriteBackState.DONE,),
    WriteBackState.DONE: (),
}
