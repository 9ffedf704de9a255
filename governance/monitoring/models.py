"""What is live where, and what was found out of band: promotions, marks in MLflow, changed files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.monitoring.states import ClaimState, IncidentState, MarkState, PromotionState
from governance.systems.models import AISystem
from lineage.models import ModelDigest, ModelVersion, RegisteredModel


class Deployment(models.Model):
    """A version seen live in a context from `since`; `until` is filled when another of the same registered model takes
    its place. Several models of a system may be live in one context."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="deployments")
    context_key = models.CharField(max_length=120)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="deployments")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "context_key", "registered_model"],
                condition=Q(until__isnull=True),
                name="one_live_version_per_context_and_model",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} in {self.context_key} since {self.since:%Y-%m-%d %H:%M}"


class FoundQuerySet(models.QuerySet[Any]):
    """What was found, as somebody may see it."""

    def visible_to(self, by: User) -> FoundQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class OutOfBandPromotion(models.Model):
    """A live alias was found on a version with no active approval for that context."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="promotions")
    context_key = models.CharField(max_length=120)
    alias = models.CharField(max_length=256)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="promotions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="promotions")
    before = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True)
    unmet = models.JSONField()
    state = models.CharField(max_length=10, choices=PromotionState, default=PromotionState.OPEN)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.TextField(blank=True)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[FoundQuerySet] = FoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "context_key", "registered_model"],
                condition=Q(state="open"),
                name="one_open_promotion_per_context_and_model",
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True, resolved_because="")
                | (Q(state="resolved", resolved_at__isnull=False) & ~Q(resolved_because="")),
                name="a_resolved_promotion_says_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alias} on {self.model_version_id}"


class OutOfBandMark(models.Model):
    """The alias or tag by which MLflow says that a version is approved was not what Edgewise had it say: `before` is
    what should have stood, `after` what did, each empty where there was nothing."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="marks")
    context_key = models.CharField(max_length=120)
    kind = models.CharField(max_length=5)
    key = models.CharField(max_length=256)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="marks")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="marks")
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=MarkState, default=MarkState.OPEN)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.TextField(blank=True)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[FoundQuerySet] = FoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["alias", "tag"]), name="a_mark_is_an_alias_or_a_tag"),
            models.UniqueConstraint(
                fields=["registered_model", "context_key"],
                condition=Q(state="open", kind="alias"),
                name="one_open_alias_per_context_and_model",
            ),
            models.UniqueConstraint(
                fields=["model_version", "context_key"],
                condition=Q(state="open", kind="tag"),
                name="one_open_tag_per_context_and_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} on {self.model_version_id}"


class OutOfBandClaim(models.Model):
    """MLflow shows a version as released, by its stage or as a copy in another model, and no approval of its files
    stands in any context. `before` and `after` are stages, empty where none was seen; of a copy `after` is the origin,
    in words where the system does not govern it."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="claims")
    kind = models.CharField(max_length=5)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="claims")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="claims")
    before = models.TextField(blank=True)
    after = models.TextField()
    state = models.CharField(max_length=10, choices=ClaimState, default=ClaimState.OPEN)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.TextField(blank=True)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[FoundQuerySet] = FoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["stage", "copy"]), name="a_claim_is_a_stage_or_a_copy"),
            models.UniqueConstraint(
                fields=["system", "model_version", "kind"],
                condition=Q(state="open"),
                name="one_open_claim_per_version_and_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.after} of {self.model_version_id}"

    @property
    def is_from_outside(self) -> bool:
        """Whether it is a copy of what the system does not govern."""
        return self.kind == "copy" and not self.after.startswith("models:/")


class IntegrityIncident(models.Model):
    """The files of a model version became others under the same name and number. `files` are the names of those that
    were changed, added and removed."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="incidents")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="incidents")
    before = models.ForeignKey(ModelDigest, on_delete=models.PROTECT, related_name="+")
    after = models.OneToOneField(ModelDigest, on_delete=models.PROTECT, related_name="incident")
    files = models.JSONField()
    state = models.CharField(max_length=10, choices=IncidentState, default=IncidentState.OPEN)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.TextField(blank=True)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[FoundQuerySet] = FoundQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"other files of {self.model_version_id}"


class Synchronisation(models.Model):
    """That Edgewise judged a report of the mirror, by its digest."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="synchronisations")
    report_id = models.BigIntegerField()
    report_digest = models.CharField(max_length=64)
    judged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "report_id"], name="one_judgement_per_report")]

    def __str__(self) -> str:
        return f"report {self.report_id}"
