"""Release candidates with their revisions, sign-offs, decisions, and the approvals that follow."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.approvals.states import ApprovalState, CandidateState, WriteBackState
from governance.audit.sealed import SealedText
from governance.gates.models import GateReport
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion


class CandidateQuerySet(models.QuerySet["ReleaseCandidate"]):
    """Candidates as somebody may see them."""

    def visible_to(self, by: User) -> CandidateQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class ReleaseCandidate(models.Model):
    """A model version put forward for one context. This row is the lock; what is signed is its newest revision."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="candidates")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="candidates")
    context_key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=CandidateState, default=CandidateState.OPEN)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_leaf_id = models.BigIntegerField(null=True)

    withdrawn_because = SealedText("reason", leaf="withdrawn_leaf_id")
    objects: ClassVar[CandidateQuerySet] = CandidateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "context_key"],
                condition=Q(state="open"),
                name="one_open_candidate_per_version_and_context",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="withdrawn",
                    withdrawn_at__isnull=False,
                    withdrawn_by__isnull=False,
                    withdrawn_leaf_id__isnull=False,
                )
                | (
                    ~Q(state="withdrawn")
                    & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_leaf_id__isnull=True)
                ),
                name="a_withdrawn_candidate_says_by_whom_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"C-{self.pk}"


class CandidateRevision(models.Model):
    """Exactly what signers see and sign: `document` is canonical JSON, `digest` its SHA-256. It pins the approval
    policy, the gate report, the evidence, the specification and the lineage as they were; `lineage` is the canonical
    JSON of the latter, whose digest stands in the document."""

    candidate = models.ForeignKey(ReleaseCandidate, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    artifact_digest = models.CharField(max_length=64)
    specification = models.ForeignKey(SpecificationVersion, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(GateReport, on_delete=models.PROTECT, related_name="revisions")
    document = models.BinaryField()
    lineage = models.BinaryField()
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate", "number"], name="revisions_are_numbered")]

    def __str__(self) -> str:
        return f"C-{self.candidate_id} revision {self.number}"

    def content(self) -> dict[str, Any]:
        """Return the document that is signed."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded


class ConflictDeclaration(models.Model):
    """Somebody said that they have a conflict of interest in a candidate; from then on they cannot sign it."""

    candidate = models.ForeignKey(ReleaseCandidate, on_delete=models.PROTECT, related_name="conflicts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    reason = SealedText("reason")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate", "user"], name="one_declaration_per_person")]

    def __str__(self) -> str:
        return f"conflict of {self.user_id} in C-{self.candidate_id}"


class SignOff(models.Model):
    """One person's word on one revision, in one capacity: final for that revision."""

    revision = models.ForeignKey(CandidateRevision, on_delete=models.PROTECT, related_name="sign_offs")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    group_key = models.CharField(max_length=60, blank=True)
    stance = models.CharField(max_length=10)
    shown_digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    reason = SealedText("reason")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "user"], name="one_sign_off_per_person_and_revision"),
            models.CheckConstraint(
                condition=Q(stance__in=["approve", "object", "abstain"]), name="a_sign_off_has_a_stance"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stance} by {self.user_id} on {self.revision_id}"


class Decision(models.Model):
    """How a revision was decided, with the standing of every requirement at that moment."""

    revision = models.OneToOneField(CandidateRevision, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=10)
    document = models.BinaryField()
    digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    reason = SealedText("reason")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=["approved", "rejected"]), name="decision_has_an_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.revision_id}"

    def content(self) -> dict[str, Any]:
        """Return the decision's document."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Approvals as somebody may see them."""

    def visible_to(self, by: User) -> ApprovalQuerySet:
        """Keep those of the systems that `by` may see or ask about."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class Approval(models.Model):
    """What a pipeline asks about: these bytes, in this context, from `valid_from` until `valid_until`. `envelope` is
    the DSSE envelope with the in-toto statement."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="approval")
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="approvals")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="approvals")
    specification = models.ForeignKey(SpecificationVersion, on_delete=models.PROTECT, related_name="approvals")
    artifact_digest = models.CharField(max_length=64)
    context_key = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ApprovalState, default=ApprovalState.ACTIVE)
    envelope = models.BinaryField()
    statement_digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=64)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[ApprovalQuerySet] = ApprovalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "artifact_digest", "context_key"],
                condition=Q(state="active"),
                name="one_active_approval_per_artifact_and_context",
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=models.F("valid_from")), name="approval_ends_later"),
        ]

    def __str__(self) -> str:
        return f"A-{self.pk}"


class ApprovalEnding(models.Model):
    """Why, when and by whom an approval ended before or at its time."""

    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="ending")
    state = models.CharField(max_length=12)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    reason = SealedText("reason")

    def __str__(self) -> str:
        return f"{self.state}: A-{self.approval_id}"


class WriteBack(models.Model):
    """What MLflow still has to be told about a version in a context: tag and approved alias, or that there are none.
    `approval` is the one that it is about; nothing where MLflow speaks of one that never was."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="write_backs")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="write_backs")
    context_key = models.CharField(max_length=120)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="write_backs", null=True)
    word = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=WriteBackState, default=WriteBackState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | Q(state="pending", done_at__isnull=True),
                name="a_done_write_back_says_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.word} in {self.context_key}: {self.state}"


class AttestationKey(models.Model):
    """A public key that signs attestations; the log names it before its first use."""

    key_id = models.CharField(max_length=64, unique=True)
    public_key = models.TextField()
    introduced_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.key_id[:12]
