"""Registered checkpoints, evaluation runs, and what was observed in them."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import models

from governance.accounts.models import User
from governance.audit.sealed import SealedText
from governance.evidence.states import UploadState
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion


class Checkpoint(models.Model):
    """A model version that somebody registered for a system, by the digest of the files that Edgewise hashed then."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="checkpoints")
    model_version = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, related_name="checkpoint")
    digest = models.CharField(max_length=64)
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.model_version_id} ({self.digest[:12]})"


class EvaluationRun(models.Model):
    """One evaluation of one model version, read from a run in MLflow or from an uploaded file.

    `digest` covers everything that was read, `table_digest` the per-case table's bytes. `file` says how the table was
    read, and whether it is kept here; `signals` the edge signals that were measured. `evaluated_at` and `evaluator` are
    what the client asserted. `content` tells the cases from others, however they are written (null for what was read
    before that was asked), and `missing` which cases of earlier evaluations are not counted here.
    """

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="evaluations")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    model_digest = models.CharField(max_length=64)
    specification = models.ForeignKey(SpecificationVersion, on_delete=models.PROTECT, related_name="evaluations")
    run_id = models.CharField(max_length=64)
    level = models.CharField(max_length=20)
    evaluator = models.CharField(max_length=200)
    datasets = models.JSONField()
    file = models.JSONField()
    signals = models.JSONField()
    table_digest = models.CharField(max_length=64)
    content = models.JSONField(null=True)
    missing = models.JSONField(default=list)
    cases = models.PositiveIntegerField()
    evaluated_at = models.DateTimeField()
    after_ratification = models.BooleanField()
    digest = models.CharField(max_length=64)
    read_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "specification", "digest"], name="one_evaluation_per_content"
            )
        ]

    def __str__(self) -> str:
        return f"run {self.run_id} ({self.digest[:12]})"

    @property
    def remarks(self) -> list[str]:
        """What whoever relies on it should know, in sentences."""
        return [*self.file.get("remarks", []), *self.lacks]

    @property
    def lacks(self) -> list[str]:
        """Which cases of earlier evaluations are not counted here, in sentences."""
        return [_lack(found) for found in self.missing]


def _lack(found: dict[str, Any]) -> str:
    what = f"the {found['cases']} cases that evaluation {found['run']} counted for {found['metric']!r} in context "
    what += repr(found["context"])
    if found["missing"] is None:
        return f"Nobody can tell whether {what} count here: the list of them is gone."
    return f"{found['missing']} of {what} are missing from this newer one."


class Observation(models.Model):
    """What one evaluation found for one dimension, metric, group and context. Numbers are decimal strings of 9
    significant digits; `claimed` is what the run's own metrics said, empty when they said nothing."""

    evaluation = models.ForeignKey(EvaluationRun, on_delete=models.PROTECT, related_name="observations")
    dimension = models.CharField(max_length=60)
    metric = models.CharField(max_length=100)
    aggregate = models.CharField(max_length=20)
    group_key = models.CharField(max_length=60)
    context_key = models.CharField(max_length=120)
    estimate = models.CharField(max_length=30)
    n = models.PositiveIntegerField()
    document = models.JSONField()
    claimed = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "dimension", "metric", "aggregate", "group_key", "context_key"],
                name="one_observation_per_dimension_group_context",
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} for {self.group_key} in {self.context_key}: {self.estimate} (n={self.n})"


class EvidenceUpload(models.Model):
    """A large file on its way to be evidence about a model version: received in parts, then read in the background.

    `said` is what its sender says of it, `results` the figures beside samples of lm_eval, `digest` the SHA-256 that the
    whole has to have, `received` how many of its `size` bytes are here. `percent` is how far it has been read;
    `problems` say why it is none.
    """

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="uploads")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=200)
    said = models.JSONField()
    results = models.BinaryField()
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=UploadState, default=UploadState.RECEIVING)
    attempts = models.PositiveIntegerField(default=0)
    percent = models.PositiveIntegerField(default=0)
    detail = models.TextField(blank=True)
    problems = models.JSONField(default=list)
    evaluation = models.ForeignKey(EvaluationRun, on_delete=models.PROTECT, related_name="uploads", null=True)
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="recorded", evaluation__isnull=False)
                | (~models.Q(state="recorded") & models.Q(evaluation__isnull=True)),
                name="a_recorded_upload_names_its_evaluation",
            ),
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("size")), name="no_more_comes_than_was_said"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest[:12]}): {self.state}"


class EdgeCaseSet(models.Model):
    """One version of a set of edge cases: whoever changes it writes another. `document` is the canonical JSON whose
    SHA-256 is `digest`."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="edge_case_sets")
    key = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    split = models.CharField(max_length=20)
    cases = models.PositiveIntegerField()
    document = models.BinaryField()
    digest = models.CharField(max_length=64)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "key", "version"], name="one_set_per_version")]

    def __str__(self) -> str:
        return f"{self.key} {self.version} ({self.digest[:12]})"

    def content(self) -> dict[str, Any]:
        """Return the canonical document."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded


class EdgeCaseExposure(models.Model):
    """One use of a held-out set: `how` is read (by `by`, who said what for), evaluated or trained (`model_version` saw
    it)."""

    edge_cases = models.ForeignKey(EdgeCaseSet, on_delete=models.PROTECT, related_name="exposures")
    how = models.CharField(max_length=20)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    because = SealedText("because")

    def __str__(self) -> str:
        return f"{self.edge_cases} was {self.how}"
