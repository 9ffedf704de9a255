"""From snapshots of the registry to rows: what is read twice is the same row, and what changes leaves its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from lineage import history, rows, told
from lineage.models import ModelVersion, RegisteredModel, StateChange, SyncReport, TrackingServer
from lineage.registry import Registry
from lineage.snapshots import RegisteredModelSnapshot, VersionSnapshot

Sight = tuple[RegisteredModelSnapshot, tuple[VersionSnapshot, ...]]


class Mirror:
    """Writes what `registry` says at `at` into the rows of `server`.

    Without a `report` only what is new is written: what changed is left to the next synchronisation, which reports it.
    """

    def __init__(
        self, *, registry: Registry, server: TrackingServer, at: datetime, report: SyncReport | None = None
    ) -> None:
        self.registry = registry
        self.server = server
        self.at = at
        self.report = report

    def registered_model(self, snapshot: RegisteredModelSnapshot) -> RegisteredModel:
        """Return the row of this registered model; another thing that had its name before is marked vanished."""
        with transaction.atomic():
            living = RegisteredModel.objects.filter(server=self.server, name=snapshot.name, vanished_at=None)
            for former in living.exclude(created_ms=snapshot.creation_timestamp):
                self.vanish_model(former)
            row, is_new = RegisteredModel.objects.get_or_create(
                server=self.server,
                name=snapshot.name,
                created_ms=snapshot.creation_timestamp,
                defaults=(said := told.of_model(snapshot)) | {"first_seen_at": self.at},
            )
            if not is_new:
                self._change(row, said)
        return row

    def vanish_model(self, model: RegisteredModel) -> None:
        """Mark a registered model and its versions as no longer there."""
        self.vanish_versions(model, keep=frozenset())
        model.vanished_at, model.vanished_in = self.at, self.report
        model.save(update_fields=["vanished_at", "vanished_in"])
        history.note_gone(RegisteredModel.objects.filter(pk=model.pk), report=self.report, at=self.at)

    def vanish_versions(self, model: RegisteredModel, *, keep: frozenset[int]) -> None:
        """Mark the living versions of `model` as no longer there, except those whose ids are in `keep`."""
        self._vanish(model, ~Q(pk__in=keep))

    def versions(
        self, model: RegisteredModel, snapshots: Iterable[VersionSnapshot]
    ) -> tuple[list[ModelVersion], list[StateChange]]:
        """Return the rows of these versions, in their order, and what changed; the caller holds a transaction."""
        RegisteredModel.objects.select_for_update().get(pk=model.pk)
        found = {(each.version, each.creation_timestamp): each for each in snapshots}
        numbers = [number for number, _ in found]
        known = {(row.version, row.created_ms): row for row in model.versions.filter(version__in=numbers)}
        former = [row.pk for key, row in known.items() if key not in found and row.vanished_at is None]
        if former:
            self._vanish(model, Q(pk__in=former))
        first = {"registered_model": model, "first_seen_at": self.at, "found_in": self.report}
        new = {
            key: ModelVersion(version=key[0], created_ms=key[1], **first, **told.of_version(each))
            for key, each in found.items()
            if key not in known
        }
        ModelVersion.objects.bulk_create(new.values())
        changed = [
            change
            for key, each in found.items()
            if key in known
            for change in self._change(known[key], told.of_version(each))
        ]
        all_of_them = [known.get(key) or new[key] for key in found]
        for row in all_of_them:
            row.registered_model = model
        return all_of_them, changed

    def first_seen(self, found: Sequence[Sight]) -> dict[str, int]:
        """Write models of which no name was ever seen, with their versions, and return the models' row ids by name."""
        names = [model.name for model, _ in found]
        own = {"server_id": self.server.pk, "first_seen_at": self.at, "vanished_at": None, "vanished_in_id": None}
        models = [_identity(model) | told.of_model(model) | own | {"read_at": self.at} for model, _ in found]
        key = ("server_id", "name", "created_ms")
        rows.upsert(RegisteredModel, models, key=key, first=("first_seen_at",), reset=("read_at",))
        living = RegisteredModel.objects.filter(server=self.server, name__in=names, vanished_at=None)
        ids = dict(living.select_for_update().order_by("pk").values_list("name", "pk"))
        own = {"first_seen_at": self.at, "vanished_at": None, "vanished_in_id": None}
        empty = {"artifact_uri": "", "hashing_problem": "", "found_in_id": self.report and self.report.pk}
        versions = [
            {"registered_model_id": ids[model.name], "version": each.version, "created_ms": each.creation_timestamp}
            | told.of_version(each)
            | own
            | empty
            for model, all_of_it in found
            for each in all_of_it
        ]
        key = ("registered_model_id", "version", "created_ms")
        rows.upsert(ModelVersion, versions, key=key, first=("first_seen_at", *empty), reset=())
        return ids

    def version_named(self, *, name: str, version: str) -> ModelVersion:
        """Read a version and its registered model by name, and return its row; raises RegistryMissing."""
        described = self.registry.registered_model(name=name)
        snapshot = self.registry.version(name=name, version=version)
        with transaction.atomic():
            (row,), _ = self.versions(self.registered_model(described), [snapshot])
        return row

    def prompt_named(self, *, name: str, version: str) -> ModelVersion | None:
        """Read a prompt and one version of it by name, and return its row; None where it is no prompt's. Raises
        RegistryMissing."""
        described = self.registry.registered_model(name=name)
        snapshot = self.registry.version(name=name, version=version)
        if not (described.is_hidden and snapshot.is_prompt):
            return None
        with transaction.atomic():
            (row,), _ = self.versions(self.registered_model(described), [snapshot])
        return row

    def _change(self, row: RegisteredModel | ModelVersion, said: dict[str, Any]) -> list[StateChange]:
        is_same = all(getattr(row, field) == value for field, value in said.items())
        if row.vanished_at is None and (is_same or self.report is None):
            return []
        changed = history.note(row, said, report=self.report, at=self.at)
        moved = any(change.what == StateChange.What.SOURCE for change in changed)
        if isinstance(row, ModelVersion) and (moved or row.source_run_id != said["source_run_id"]):
            said = said | {"lineage_read_at": None}
        written = said | {"vanished_at": None, "vanished_in": None}
        for field, value in written.items():
            setattr(row, field, value)
        row.save(update_fields=list(written))
        return changed

    def _vanish(self, model: RegisteredModel, condition: Q) -> None:
        gone = ModelVersion.objects.filter(condition, registered_model=model, vanished_at=None)
        history.note_gone(gone, report=self.report, at=self.at)
        gone.update(vanished_at=self.at, vanished_in=self.report)


def _identity(model: RegisteredModelSnapshot) -> dict[str, Any]:
    return {"name": model.name, "created_ms": model.creation_timestamp}
