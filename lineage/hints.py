"""Tables of what MLflow's webhooks hint at; of the mirror, as `lineage.models` is, and part of it."""

from __future__ import annotations

from django.db import models
from django.db.models import PROTECT, Q


class Hook(models.Model):
    """The webhook by which a server hints at changes; without one there is none. Its secret is derived, never stored
    (`lineage.hooks`); `generation` is another each time that it is renewed, and none is used twice."""

    server = models.OneToOneField("lineage.TrackingServer", PROTECT, related_name="hook")
    generation = models.PositiveIntegerField(default=0)
    connected_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True, help_text="When a call was last turned away, to within some seconds.")
    refused_because = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"hook of {self.server}"


class Hint(models.Model):
    """One delivery of a webhook: that a model may have changed, and nothing more. `taken_at` is when the model had
    been read again."""

    server = models.ForeignKey("lineage.TrackingServer", PROTECT, related_name="hints")
    delivery_id = models.CharField(max_length=64)
    event = models.CharField(max_length=64, help_text="As MLflow calls it: model_version_alias.created.")
    model = models.CharField(max_length=500)
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "delivery_id"], name="lineage_hint_once")]
        indexes = [models.Index(fields=["server"], condition=Q(taken_at=None), name="lineage_hint_waiting")]

    def __str__(self) -> str:
        return f"{self.event} of {self.model}"
