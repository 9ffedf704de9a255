"""From snapshots to rows: what is read twice is the same row, and reading follows the lineage upwards."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from governance import canonical
from lineage.errors import RegistryMissing
from lineage.models import (
    Dataset,
    LoggedModel,
    ModelVersion,
    RegisteredModel,
    Run,
    RunInput,
    RunModel,
    SyncReport,
    TrackingServer,
)
from lineage.registry import MODEL_URI, Registry, logged_model_id
from lineage.snapshots import (
    DatasetInput,
    LoggedModelSnapshot,
    RegisteredModelSnapshot,
    RunSnapshot,
    VersionSnapshot,
)

FINISHED = frozenset({"FINISHED", "FAILED", "KILLED"})


class Mirror:
    """Writes what `registry` says at `at` into the rows of `server`; reads each run and logged model at most once."""

    def __init__(self, *, registry: Registry, server: TrackingServer, at: datetime) -> None:
        self.registry = registry
        self.server = server
        self.at = at
        self._runs: dict[str, Run | None] = {}
        self._logged_models: dict[str, LoggedModel | None] = {}
        self._copies: set[tuple[str, str]] = set()

    # --- registered models and versions

    def registered_model(self, snapshot: RegisteredModelSnapshot, *, report: SyncReport | None) -> RegisteredModel:
        """Return the row of this registered model; another thing that had its name before is marked vanished."""
        with transaction.atomic():
            living = RegisteredModel.objects.filter(server=self.server, name=snapshot.name, vanished_at=None)
            for former in living.exclude(created_ms=snapshot.creation_timestamp):
                self.vanish_model(former, report=report)
            row, _ = RegisteredModel.objects.update_or_create(
                server=self.server,
                name=snapshot.name,
                created_ms=snapshot.creation_timestamp,
                defaults=(told := _model_fields(snapshot)),
                create_defaults={**told, "first_seen_at": self.at},
            )
        return row

    def vanish_model(self, model: RegisteredModel, *, report: SyncReport | None) -> None:
        """Mark a registered model and its versions as no longer there."""
        self.vanish_versions(model, keep=frozenset(), report=report)
        model.vanished_at, model.vanished_in = self.at, report
        model.save(update_fields=["vanished_at", "vanished_in"])

    def vanish_versions(self, model: RegisteredModel, *, keep: frozenset[int], report: SyncReport | None) -> None:
        """Mark the living versions of `model` as no longer there, except those whose ids are in `keep`."""
        gone = model.versions.filter(vanished_at=None).exclude(pk__in=keep)
        gone.update(vanished_at=self.at, vanished_in=report)

    def version(
        self, model: RegisteredModel, snapshot: VersionSnapshot, *, report: SyncReport | None
    ) -> tuple[ModelVersion, bool]:
        """Return the row of a version and whether it is new; its lineage is read by `lineage`."""
        known = model.versions.filter(version=snapshot.version, created_ms=snapshot.creation_timestamp).first()
        if known and not differs(known, snapshot):
            return known, False
        with transaction.atomic():
            former = model.versions.filter(version=snapshot.version, vanished_at=None)
            former.exclude(created_ms=snapshot.creation_timestamp).update(vanished_at=self.at, vanished_in=report)
            return ModelVersion.objects.update_or_create(
                registered_model=model,
                version=snapshot.version,
                created_ms=snapshot.creation_timestamp,
                defaults=(told := _version_fields(snapshot)),
                create_defaults={**told, "first_seen_at": self.at, "found_in": report},
            )

    def version_named(self, *, name: str, version: str, report: SyncReport | None = None) -> ModelVersion:
        """Read a version and its registered model by name, and return its row; raises RegistryMissing."""
        model = self.registered_model(self.registry.registered_model(name=name), report=report)
        row, _ = self.version(model, self.registry.version(name=name, version=version), report=report)
        return row

    def lineage(self, version: ModelVersion) -> None:
        """Read what a version came from (run, parents, datasets, logged model, origin of a copy) and link it."""
        version.run = self.run(version.source_run_id)
        version.logged_model = self.logged_model(logged_model_id(version.source))
        version.copied_from = self._origin(version)
        version.artifact_uri = self.registry.download_uri(name=version.name, version=version.version)
        version.save(update_fields=["run", "logged_model", "copied_from", "artifact_uri"])

    def _origin(self, version: ModelVersion) -> ModelVersion | None:
        match = MODEL_URI.match(version.source)
        if match is None or not match["version"]:
            return None
        name, number = match["name"], match["version"]
        if (name, number) in self._copies:
            return ModelVersion.objects.filter(
                registered_model__server=self.server, registered_model__name=name, version=number, vanished_at=None
            ).first()
        self._copies.add((name, number))
        try:
            origin = self.version_named(name=name, version=number)
            self.lineage(origin)
        except RegistryMissing:
            return None
        return origin

    # --- runs and logged models

    def run(self, run_id: str) -> Run | None:
        """Read a run, its parents and inputs, and return its row; None for no id, or for a run never seen."""
        above = run_id
        while above and above not in self._runs:
            row = self._read_run(above)
            above = row.parent_run_id if row else ""
        return self._runs.get(run_id)

    def _read_run(self, run_id: str) -> Run | None:
        self._runs[run_id] = None
        try:
            snapshot = self.registry.run(run_id=run_id)
        except RegistryMissing:
            self._runs[run_id] = self._vanished_run(run_id)
            return self._runs[run_id]
        return self._store_run(snapshot)

    def runs_around(self, *, experiment_id: str, run_id: str = "") -> None:
        """Read the evidence of an experiment and the children of a run, as far as they are new or were unfinished."""
        found = list(self.registry.list_evidence(experiment_id=experiment_id))
        if run_id:
            found += self.registry.list_children(experiment_id=experiment_id, run_id=run_id)
        rows = Run.objects.filter(server=self.server, run_id__in=[snapshot.run_id for snapshot in found])
        known = {row.run_id: row for row in rows}
        for snapshot in found:
            row = known.get(snapshot.run_id)
            if row is None or row.status not in FINISHED or row.tags != snapshot.tags:
                self.run(snapshot.run_id)

    def logged_model(self, model_id: str) -> LoggedModel | None:
        """Read a logged model and the run that made it, and return its row; None for no id or one never seen."""
        if model_id in self._logged_models or not model_id:
            return self._logged_models.get(model_id)
        self._logged_models[model_id] = None
        try:
            snapshot = self.registry.logged_model(model_id=model_id)
        except RegistryMissing:
            known = LoggedModel.objects.filter(server=self.server, model_id=model_id)
            known.filter(vanished_at=None).update(vanished_at=self.at)
            self._logged_models[model_id] = known.first()
            return self._logged_models[model_id]
        row = self._logged_models[model_id] = self._store_logged_model(snapshot)
        for run_id in {snapshot.source_run_id, *(metric.run_id for metric in snapshot.metrics)}:
            self.run(run_id)
        return row

    def _vanished_run(self, run_id: str) -> Run | None:
        known = Run.objects.filter(server=self.server, run_id=run_id)
        known.filter(vanished_at=None).update(vanished_at=self.at)
        return known.first()

    def _store_run(self, snapshot: RunSnapshot) -> Run:
        row, _ = Run.objects.update_or_create(
            server=self.server,
            run_id=snapshot.run_id,
            defaults=(told := _run_fields(snapshot)),
            create_defaults={**told, "first_seen_at": self.at},
        )
        for used in snapshot.dataset_inputs:
            RunInput.objects.get_or_create(run=row, dataset=self._store_dataset(used), context=used.context)
        pairs = [(model_id, RunModel.Role.INPUT) for model_id in snapshot.model_inputs]
        pairs += [(model_id, RunModel.Role.OUTPUT) for model_id in snapshot.model_outputs]
        self._runs[snapshot.run_id] = row
        for model_id, role in pairs:
            if logged := self.logged_model(model_id):
                RunModel.objects.get_or_create(run=row, logged_model=logged, role=role)
        return row

    def _store_dataset(self, used: DatasetInput) -> Dataset:
        said = used.dataset.model_dump()
        said["schema"] = said.pop("schema_text")
        fingerprint = canonical.digest(said)
        said |= {field: said[field][:64] for field in ("digest", "source_type")}
        row, _ = Dataset.objects.get_or_create(
            server=self.server,
            fingerprint=fingerprint,
            defaults={**said, "first_seen_at": self.at},
        )
        return row

    def _store_logged_model(self, snapshot: LoggedModelSnapshot) -> LoggedModel:
        row, _ = LoggedModel.objects.update_or_create(
            server=self.server,
            model_id=snapshot.model_id,
            defaults=(told := _logged_model_fields(snapshot)),
            create_defaults={**told, "first_seen_at": self.at},
        )
        return row


def _model_fields(snapshot: RegisteredModelSnapshot) -> dict[str, object]:
    return {
        "description": snapshot.description,
        "tags": snapshot.tags,
        "is_hidden": snapshot.is_hidden,
        "vanished_at": None,
        "vanished_in": None,
    }


def differs(known: ModelVersion, snapshot: VersionSnapshot) -> bool:
    """Whether the registry says something else of a version than its row does."""
    return any(getattr(known, field) != told for field, told in _version_fields(snapshot).items())


def _version_fields(snapshot: VersionSnapshot) -> dict[str, object]:
    return {
        "source_run_id": snapshot.run_id,
        "source": snapshot.source,
        "status": snapshot.status,
        "stage": snapshot.current_stage,
        "description": snapshot.description,
        "tags": snapshot.tags,
        "is_hidden": snapshot.is_hidden,
        "vanished_at": None,
        "vanished_in": None,
    }


def _run_fields(snapshot: RunSnapshot) -> dict[str, object]:
    tags = snapshot.tags
    return {
        "parent_run_id": snapshot.parent_run_id,
        "experiment_id": snapshot.experiment_id,
        "name": snapshot.run_name,
        "user": (snapshot.user_id or tags.get("mlflow.user", ""))[:256],
        "status": snapshot.status,
        "started_at": _moment(snapshot.start_time),
        "ended_at": _moment(snapshot.end_time),
        "source_name": tags.get("mlflow.source.name", ""),
        "git_commit": tags.get("mlflow.source.git.commit", "")[:128],
        "git_repository": tags.get("mlflow.source.git.repoURL", ""),
        "artifact_uri": snapshot.artifact_uri,
        "tags": tags,
        "params": snapshot.params,
        "metrics": snapshot.metrics,
        "vanished_at": None,
    }


def _logged_model_fields(snapshot: LoggedModelSnapshot) -> dict[str, object]:
    return {
        "experiment_id": snapshot.experiment_id,
        "name": snapshot.name,
        "source_run_id": snapshot.source_run_id,
        "artifact_uri": snapshot.artifact_uri,
        "status": snapshot.status,
        "model_type": snapshot.model_type,
        "created_ms": snapshot.creation_timestamp_ms,
        "is_external": snapshot.is_external,
        "tags": snapshot.tags,
        "params": snapshot.params,
        "metrics": [metric.model_dump() for metric in snapshot.metrics],
        "vanished_at": None,
    }


def _moment(milliseconds: int | None) -> datetime | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(min(milliseconds, 253_402_300_799_000) / 1000, UTC)
