"""What is live where, and what went live without an approval."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.monitoring.states import PromotionState
from governance.systems.models import AISystem
from lineage.models import ModelVersion


class Deployment(models.Model):
    """A version seen live in a context from `since`; `until` is filled when another takes its place."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="deployments")
    context_key = models.CharField(max_length=120)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "context_key"], condition=Q(until__isnull=True), name="one_live_version_per_context"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} in {self.context_key} since {self.since:%Y-%m-%d %H:%M}"


class PromotionQuerySet(models.QuerySet["OutOfBandPromotion"]):
    """Promotions as somebody may see them."""

    def visible_to(self, by: User) -> PromotionQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class OutOfBandPromotion(models.Model):
    """A live alias was found on a version with no active approval for that context."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="promotions")
    context_key = models.CharField(max_length=120)
    alias = models.CharField(max_length=256)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="promotions")
    before = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True)
    unmet = models.JSONField()
    state = models.CharField(max_length=10, choices=PromotionState, default=PromotionState.OPEN)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_because = models.TextField(blank=True)
    leaf_id = models.BigIntegerField()

    objects: ClassVar[PromotionQuerySet] = PromotionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "context_key"], condition=Q(state="open"), name="one_open_promotion_per_context"
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True, resolved_because="")
                | (Q(state="resolved", resolved_at__isnull=False) & ~Q(resolved_because="")),
                name="a_resolved_promotion_says_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alias} on {self.model_version_id}"


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
