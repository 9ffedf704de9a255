"""Tables of what a run or a logged model used of the registry, as a client said; part of the mirror, as
`lineage.models` is. And the experiments in which runs stand."""

from __future__ import annotations

from django.db import models
from django.db.models import PROTECT, Q
from django.db.models.functions import Now


class VersionUse(models.Model):
    """A run or a logged model used a version: of a prompt, or of the model that training began with."""

    class Role(models.TextChoices):
        PROMPT = "prompt"
        BASE = "base"

    version = models.ForeignKey("lineage.ModelVersion", PROTECT, related_name="uses")
    run = models.ForeignKey("lineage.Run", PROTECT, null=True, related_name="versions_used")
    logged_model = models.ForeignKey("lineage.LoggedModel", PROTECT, null=True, related_name="versions_used")
    role = models.CharField(max_length=8, choices=Role.choices)
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(run=None) ^ Q(logged_model=None), name="lineage_version_use_by_run_or_logged_model"
            ),
            models.UniqueConstraint(
                fields=["run", "version", "role"],
                condition=Q(logged_model=None),
                name="lineage_version_use_by_run_once",
            ),
            models.UniqueConstraint(
                fields=["logged_model", "version", "role"],
                condition=Q(run=None),
                name="lineage_version_use_by_logged_model_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run or self.logged_model} used {self.version} as {self.role}"


class Experiment(models.Model):
    """What runs stand in: its name and whether it was deleted, as last read."""

    server = models.ForeignKey("lineage.TrackingServer", PROTECT, related_name="experiments")
    experiment_id = models.CharField(max_length=64)
    name = models.CharField(max_length=500)
    stage = models.CharField(max_length=32, blank=True)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "experiment_id"], name="lineage_experiment_identity")]

    def __str__(self) -> str:
        return self.name
