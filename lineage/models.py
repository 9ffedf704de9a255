"""The mirror of MLflow: what its servers said, when Edgewise saw it, and what Edgewise computed itself.

Nothing is deleted: what MLflow no longer shows carries `vanished_at`. Times that MLflow gives in milliseconds are
kept as such (`created_ms`), because they are part of an identity: MLflow reuses names and version numbers.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import PROTECT, Q
from django.db.models.functions import Now

from governance import canonical
from lineage.hints import Hint as Hint
from lineage.hints import Hook as Hook
from lineage.used import Experiment as Experiment
from lineage.used import VersionUse as VersionUse


class TrackingServer(models.Model):
    """One MLflow tracking server with its registry; `key` is how the rest of Edgewise names it."""

    class State(models.TextChoices):
        UNKNOWN = "unknown"
        REACHABLE = "reachable"
        UNREACHABLE = "unreachable"

    key = models.SlugField(max_length=64, unique=True)
    url = models.URLField(max_length=500)
    state = models.CharField(max_length=16, choices=State.choices, default=State.UNKNOWN)
    last_error = models.TextField(blank=True)
    last_synchronised_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class SyncReport(models.Model):
    """One synchronisation: how far it is, how it ended, what it found and the digest of that."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    server = models.ForeignKey(TrackingServer, PROTECT, related_name="reports")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.RUNNING)
    percent = models.PositiveSmallIntegerField(default=0)
    what = models.CharField(max_length=300, blank=True)
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list, help_text="Tags that changed and things that were hidden.")
    problems = models.JSONField(default=list, help_text="Versions whose files could not be hashed, and why.")
    error = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    carried_into = models.ForeignKey("self", PROTECT, null=True, related_name="carried")

    class Meta:
        indexes = [models.Index(fields=["server", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.server} at {self.started_at:%Y-%m-%dT%H:%M:%SZ}"


class Run(models.Model):
    """A run as its client described it: every word of it is asserted, the user's name included."""

    server = models.ForeignKey(TrackingServer, PROTECT, related_name="runs")
    run_id = models.CharField(max_length=64)
    parent_run_id = models.CharField(max_length=64, blank=True, db_index=True)
    experiment_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=500, blank=True)
    user = models.CharField(max_length=256, blank=True)
    status = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    source_name = models.TextField(blank=True)
    git_commit = models.CharField(max_length=128, blank=True, db_index=True)
    git_repository = models.TextField(blank=True)
    artifact_uri = models.TextField(blank=True)
    tags = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict, help_text="Latest value of each metric, a decimal string.")
    inputs_read = models.BooleanField(
        default=False, help_text="Whether the models that it used were read, which MLflow's search does not show."
    )
    first_seen_at = models.DateTimeField()
    vanished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "run_id"], name="lineage_run_identity")]

    def __str__(self) -> str:
        return self.name or self.run_id


class Dataset(models.Model):
    """A dataset as a client described it. MLflow's own `digest` has 32 bits and is the client's word, so that
    `fingerprint` (SHA-256 over the whole description) is what tells two descriptions apart."""

    server = models.ForeignKey(TrackingServer, PROTECT, related_name="datasets")
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(max_length=500, db_index=True)
    digest = models.CharField(max_length=64, db_index=True)
    source_type = models.CharField(max_length=64, blank=True)
    source = models.TextField(blank=True)
    schema = models.TextField(blank=True)
    profile = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "fingerprint"], name="lineage_dataset_identity")]

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}"


class RunInput(models.Model):
    """A run used a dataset; `context` is the client's word for what it used it (`training`, `eval`)."""

    run = models.ForeignKey(Run, PROTECT, related_name="inputs")
    dataset = models.ForeignKey(Dataset, PROTECT, related_name="uses")
    context = models.CharField(max_length=250, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset", "context"], name="lineage_run_input_once")]

    def __str__(self) -> str:
        return f"{self.run} used {self.dataset}"


class LoggedModel(models.Model):
    """A trained state of a model that a run logged, registered or not."""

    server = models.ForeignKey(TrackingServer, PROTECT, related_name="logged_models")
    model_id = models.CharField(max_length=64)
    experiment_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=500, blank=True)
    source_run_id = models.CharField(max_length=64, blank=True, db_index=True)
    artifact_uri = models.TextField(blank=True)
    status = models.CharField(max_length=32, blank=True)
    model_type = models.CharField(max_length=500, blank=True)
    created_ms = models.BigIntegerField(default=0)
    is_external = models.BooleanField(default=False)
    tags = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    metrics = models.JSONField(default=list, help_text="key, value (decimal string), run_id, dataset name and digest")
    first_seen_at = models.DateTimeField()
    vanished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "model_id"], name="lineage_logged_model_identity")]

    def __str__(self) -> str:
        return f"{self.name} ({self.model_id})"


class RunModel(models.Model):
    """A run used (`input`) or produced (`output`) a logged model."""

    class Role(models.TextChoices):
        INPUT = "input"
        OUTPUT = "output"

    run = models.ForeignKey(Run, PROTECT, related_name="models")
    logged_model = models.ForeignKey(LoggedModel, PROTECT, related_name="runs")
    role = models.CharField(max_length=8, choices=Role.choices)
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "logged_model", "role"], name="lineage_run_model_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.role} {self.logged_model}"


class RegisteredModel(models.Model):
    """A name in the registry. A name deleted and created again is another thing: `created_ms` tells them apart."""

    server = models.ForeignKey(TrackingServer, PROTECT, related_name="registered_models")
    name = models.CharField(max_length=500)
    created_ms = models.BigIntegerField()
    description = models.TextField(blank=True)
    tags = models.JSONField(default=dict)
    is_hidden = models.BooleanField(default=False, help_text="Tagged so that the registry's default search omits it.")
    first_seen_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="When its versions, tags and aliases were last read.")
    vanished_at = models.DateTimeField(null=True)
    vanished_in = models.ForeignKey(SyncReport, PROTECT, null=True, related_name="vanished_models")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "name", "created_ms"], name="lineage_registered_model_identity"),
            models.UniqueConstraint(
                fields=["server", "name"], condition=Q(vanished_at=None), name="lineage_registered_model_one_living"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """A version of a registered model: what release decisions are about."""

    registered_model = models.ForeignKey(RegisteredModel, PROTECT, related_name="versions")
    version = models.CharField(max_length=32)
    created_ms = models.BigIntegerField()
    source_run_id = models.CharField(max_length=64, blank=True, help_text="As registered; it may not exist.")
    run = models.ForeignKey(Run, PROTECT, null=True, related_name="versions")
    logged_model = models.ForeignKey(LoggedModel, PROTECT, null=True, related_name="versions")
    copied_from = models.ForeignKey("self", PROTECT, null=True, related_name="copies")
    source = models.TextField(blank=True)
    artifact_uri = models.TextField(blank=True)
    status = models.CharField(max_length=32, blank=True)
    stage = models.CharField(max_length=32, blank=True)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=dict)
    is_hidden = models.BooleanField(default=False, help_text="Tagged as a prompt: the default search omits it.")
    is_prompt = models.BooleanField(default=False, db_default=False, help_text="Tagged so, and without files.")
    made_from = models.CharField(max_length=500, blank=True, db_default="", help_text="As its MLmodel file says.")
    first_seen_at = models.DateTimeField()
    found_in = models.ForeignKey(SyncReport, PROTECT, null=True, related_name="found_versions")
    vanished_at = models.DateTimeField(null=True)
    vanished_in = models.ForeignKey(SyncReport, PROTECT, null=True, related_name="vanished_versions")
    lineage_read_at = models.DateTimeField(null=True, help_text="When what it came from was last read.")
    digest_checked_at = models.DateTimeField(null=True, help_text="When Edgewise last hashed the files itself.")
    hashing_since = models.DateTimeField(null=True, help_text="Since when Edgewise is hashing the files again.")
    hashing_problem = models.TextField(blank=True, help_text="Why the last attempt to hash the files came to nothing.")
    hashing_failed_at = models.DateTimeField(null=True, help_text="When that was, if not for want of an answer.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registered_model", "version", "created_ms"], name="lineage_model_version_identity"
            ),
            models.UniqueConstraint(
                fields=["registered_model", "version"],
                condition=Q(vanished_at=None),
                name="lineage_model_version_one_living",
            ),
        ]
        indexes = [
            models.Index(fields=["registered_model"], condition=Q(is_prompt=True), name="lineage_prompt_versions")
        ]

    def __str__(self) -> str:
        return self.uri

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.registered_model.name

    @property
    def server(self) -> TrackingServer:
        """The tracking server that holds it."""
        return self.registered_model.server

    @property
    def uri(self) -> str:
        """`models:/NAME/VERSION`, or `prompts:/NAME/VERSION`, as MLflow's clients write it."""
        return f"{'prompts' if self.is_prompt else 'models'}:/{self.registered_model.name}/{self.version}"

    @property
    def current_digest(self) -> ModelDigest | None:
        """What Edgewise last computed over its files; None when it never could."""
        return self.digests.order_by("-id").first()

    @property
    def digest(self) -> str:
        """The current digest in hexadecimal, or an empty string."""
        current = self.current_digest
        return current.digest if current else ""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hexadecimal) of the canonical list of path, size and SHA-256 of its files, or an empty string;
        unlike the digest it notices a file that was renamed."""
        current = self.current_digest
        return current.fingerprint if current else ""

    @property
    def signature(self) -> bytes:
        """The signature that lies beside its files (`model.sig`), as last seen; empty without one."""
        newest = self.signatures.order_by("-id").first()
        return bytes(newest.content) if newest else b""

    @property
    def is_altered(self) -> bool:
        """Whether its files are others now than when Edgewise first hashed them: same name and version, other bytes."""
        first = self.digests.order_by("id").first()
        return first is not None and first.fingerprint != self.fingerprint

    def is_digest_fresh(self, *, at: datetime, max_age_seconds: float) -> bool:
        """Whether Edgewise hashed the files within `max_age_seconds` before `at`."""
        checked = self.digest_checked_at
        return checked is not None and (at - checked).total_seconds() <= max_age_seconds


class Alias(models.Model):
    """Where an alias points now; `version` is empty once the alias is gone."""

    registered_model = models.ForeignKey(RegisteredModel, PROTECT, related_name="aliases")
    name = models.CharField(max_length=256)
    version = models.ForeignKey(ModelVersion, PROTECT, null=True, related_name="aliases")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registered_model", "name"], name="lineage_alias_once")]

    def __str__(self) -> str:
        return f"models:/{self.registered_model.name}@{self.name}"


class AliasChange(models.Model):
    """An alias was seen at another version than before (insert only). MLflow keeps no history of this and no time
    of it: `seen_at` is when Edgewise saw it."""

    registered_model = models.ForeignKey(RegisteredModel, PROTECT, related_name="alias_changes")
    report = models.ForeignKey(SyncReport, PROTECT, related_name="alias_changes")
    alias = models.CharField(max_length=256)
    before = models.ForeignKey(ModelVersion, PROTECT, null=True, related_name="alias_losses")
    after = models.ForeignKey(ModelVersion, PROTECT, null=True, related_name="alias_gains")
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["registered_model", "alias", "id"])]

    def __str__(self) -> str:
        return f"{self.alias}: {self.before or 'nothing'} → {self.after or 'nothing'}"


class StateChange(models.Model):
    """Something else than an alias was seen to be other than before (insert only): `what` of a registered model, or of
    its `version`. `before` and `after` are empty (NULL) where there was nothing or is nothing."""

    class What(models.TextChoices):
        TAG = "tag"
        DESCRIPTION = "description"
        STAGE = "stage"
        STATUS = "status"
        SOURCE = "source"
        NAME = "name"
        EXISTENCE = "existence"

    registered_model = models.ForeignKey(RegisteredModel, PROTECT, related_name="state_changes")
    version = models.ForeignKey(ModelVersion, PROTECT, null=True, related_name="state_changes")
    report = models.ForeignKey(SyncReport, PROTECT, null=True, related_name="state_changes")
    what = models.CharField(max_length=16, choices=What.choices)
    key = models.TextField(blank=True, help_text="The tag's key.")
    before = models.TextField(null=True)
    after = models.TextField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["registered_model", "version", "-id"])]

    def __str__(self) -> str:
        return f"{self.version or self.registered_model}: {self.what} {self.key}"


class ModelDigest(models.Model):
    """What Edgewise computed over a version's files, one row each time that differed from the last (insert only).

    `manifest` is the canonical list of {path, size, sha256} in path order.
    """

    version = models.ForeignKey(ModelVersion, PROTECT, related_name="digests")
    digest = models.CharField(max_length=64, db_index=True)
    manifest = models.JSONField()
    total_bytes = models.BigIntegerField()
    artifact_uri = models.TextField()
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hexadecimal) of the canonical manifest."""
        return canonical.digest(self.manifest)


class ModelSignature(models.Model):
    """The signature seen beside a version's files, one row each time that it was another than the last (insert only);
    `content` is the file's bytes, empty once there is none any more."""

    version = models.ForeignKey(ModelVersion, PROTECT, related_name="signatures")
    content = models.BinaryField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{len(self.content)} bytes beside {self.version_id}"
