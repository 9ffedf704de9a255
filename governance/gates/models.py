"""Gate reports, and the routes that edge signals open."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.db import models

from governance.accounts.models import User
from governance.audit.sealed import SealedText
from governance.deliberation.models import Deliberation
from governance.gates.comparison import trade_offs
from governance.gates.states import RouteState
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion


class ReportQuerySet(models.QuerySet["GateReport"]):
    """Reports as somebody may see them."""

    def visible_to(self, by: User) -> ReportQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class GateReport(models.Model):
    """What the evidence supports for one version in one context under one specification. `document` is the canonical
    JSON whose SHA-256 is `digest`; its `inputs` suffice to compute it again. `evidence` lists pairs of run id and
    evaluation digest."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="gate_reports")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="gate_reports")
    model_digest = models.CharField(max_length=64)
    context_key = models.CharField(max_length=120)
    specification = models.ForeignKey(SpecificationVersion, on_delete=models.PROTECT, related_name="gate_reports")
    verdict = models.CharField(max_length=20)
    evidence = models.JSONField()
    document = models.BinaryField()
    digest = models.CharField(max_length=64)
    judged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    objects: ClassVar[ReportQuerySet] = ReportQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.verdict} for {self.model_version_id} in {self.context_key}"

    def content(self) -> dict[str, Any]:
        """Return the report's document."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded

    @property
    def incumbent_digest(self) -> str:
        """The digest of the model that the gate compared it with; empty when it had none, or no evidence on it."""
        compared = trade_offs(self.content())
        return str(compared["sha256"]) if compared else ""


class Route(models.Model):
    """What an edge signal over its threshold asks for, or a tension outside its band, whose `dimension` is both of its
    values and which has no `metric`; while it is open, nothing is approved."""

    report = models.ForeignKey(GateReport, on_delete=models.PROTECT, related_name="routes")
    signal = models.CharField(max_length=60)
    dimension = models.CharField(max_length=140)
    metric = models.CharField(max_length=100, blank=True)
    process = models.CharField(max_length=30)
    sentence = models.TextField()
    state = models.CharField(max_length=10, choices=RouteState, default=RouteState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    closed_leaf_id = models.BigIntegerField(null=True)
    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="routes", null=True)

    closed_because = SealedText("because", leaf="closed_leaf_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state="open", closed_at__isnull=True, closed_by__isnull=True, closed_leaf_id__isnull=True
                )
                | models.Q(
                    state="closed", closed_at__isnull=False, closed_by__isnull=False, closed_leaf_id__isnull=False
                ),
                name="a_closed_route_says_by_whom_when_and_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.signal} on {self.dimension}: {self.state}"
