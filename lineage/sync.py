"""Bringing the mirror up to date: whole models by `synchronise`, one version with its files by `register_version`.

Call these outside a transaction: they speak to the network, and commit as they go, so that an interrupted
synchronisation goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from governance.errors import DomainError
from lineage.errors import (
    IntegrityConflict,
    RegistryError,
    RegistryMissing,
    RegistryNonsense,
    RegistryUnavailable,
)
from lineage.facts import StageChange, SyncFacts, TagChange, facts_of
from lineage.hashing import Rehash, compare_and_store, looking
from lineage.locks import only_one
from lineage.mirror import FINISHED, Mirror, differs
from lineage.models import Alias, AliasChange, ModelVersion, RegisteredModel, SyncReport, TrackingServer
from lineage.registry import Registry
from lineage.snapshots import RegisteredModelSnapshot, VersionSnapshot

Progress = Callable[[int, str], None]
Outcome = SyncReport.Outcome
READ_SHARE = 70
"""Percent of the progress that reading names and aliases is given; hashing has the rest."""


def connect(*, key: str, url: str) -> TrackingServer:
    """Return the tracking server `key`, created or moved to `url`; nothing is asked of it yet."""
    server, _ = TrackingServer.objects.update_or_create(key=key, defaults={"url": url.rstrip("/")})
    return server


def synchronise(
    *,
    server: TrackingServer,
    at: datetime,
    models: Iterable[str] | None = None,
    progress: Progress | None = None,
    is_whole: bool = True,
) -> SyncFacts:
    """Bring the mirror of `server` up to date and return what is new since the last one that finished.

    `models` names the registered models to read (all when None); `is_whole` is False where they are only some of those
    that are watched, so that this says nothing of how old the mirror is. `progress` is told percent and what. New
    versions get their lineage and digest; names, versions and aliases that are gone are read again by name before they
    are called vanished. Raises RegistryError (the report then says failed, and what it found goes to the next one), and
    SynchronisationRunning where another one of the same server is at work.
    """
    with only_one(server):
        SyncReport.objects.filter(server=server, outcome=Outcome.RUNNING).update(
            outcome=Outcome.INTERRUPTED, finished_at=at
        )
        report = SyncReport.objects.create(server=server, started_at=at)
        try:
            with Registry.of(server) as registry:
                _Synchronisation(Mirror(registry=registry, server=server, at=at), report, progress).run(models)
        except RegistryError as error:
            _finish(report, outcome=Outcome.FAILED, at=at, error=error)
            raise
        return _finish(report, outcome=Outcome.SUCCEEDED, at=at, is_whole=is_whole)


def register_version(*, server: TrackingServer, name: str, version: str, at: datetime) -> ModelVersion:
    """Read one version with its whole lineage, hash its files, and return its row; repeating it changes nothing.

    Raises RegistryError, and IntegrityConflict (after the new digest is stored) where the files are not those that
    were hashed before.
    """
    with Registry.of(server) as registry:
        mirror = Mirror(registry=registry, server=server, at=at)
        row = mirror.version_named(name=name, version=version)
        mirror.lineage(row)
        for experiment_id in _experiments(row):
            mirror.runs_around(experiment_id=experiment_id, run_id=row.source_run_id)
        with looking(row, at=at):
            result = compare_and_store(version=row, manifest=registry.hash_model(uri=row.artifact_uri), at=at)
    if result.before and result.changed:
        raise conflict(result)
    return row


def rehash(*, version: ModelVersion, at: datetime) -> Rehash:
    """Hash the files of a version again and return what was recorded and what was found.

    Raises RegistryError; RegistryMissing also where the name and number belong to another version by now.
    """
    with looking(version, at=at), Registry.of(version.server) as registry:
        snapshot = registry.version(name=version.name, version=version.version)
        if snapshot.creation_timestamp != version.created_ms:
            raise RegistryMissing(
                f"has another version as {version.uri} than the one that was recorded",
                server=registry.address,
                endpoint="model-versions/get",
                remedy="Register the new one.",
            )
        version.artifact_uri = registry.download_uri(name=version.name, version=version.version)
        manifest = registry.hash_model(uri=version.artifact_uri)
        return compare_and_store(version=version, manifest=manifest, at=at)


def conflict(result: Rehash) -> IntegrityConflict:
    """Return the refusal that says which bytes were recorded and which were found."""
    return IntegrityConflict(
        version_id=result.version.pk,
        uri=result.version.uri,
        recorded=result.before.digest if result.before else "",
        found=result.after.digest,
        paths=result.paths,
    )


class _Synchronisation:
    def __init__(self, mirror: Mirror, report: SyncReport, progress: Progress | None) -> None:
        self.mirror = mirror
        self.registry = mirror.registry
        self.report = report
        self.progress = progress

    def run(self, names: Iterable[str] | None) -> None:
        """Read names and aliases first, since hashing may take long and a moved alias should be seen soon.

        One model that cannot be understood keeps none of the others from being read; it fails the whole at the end.
        """
        wanted = self._names(names)
        nonsense: list[RegistryNonsense] = []
        for number, name in enumerate(wanted):
            self._tell(READ_SHARE * number // len(wanted), f"reading {name}")
            try:
                self._model(name)
            except RegistryNonsense as error:
                nonsense.append(error)
        if nonsense:
            raise nonsense[0]
        waiting = ModelVersion.objects.filter(
            registered_model__server=self.mirror.server,
            registered_model__name__in=wanted,
            vanished_at=None,
            digests=None,
            status="READY",
        ).select_related("registered_model__server")
        total = waiting.count()
        for number, version in enumerate(waiting.order_by("pk")):
            self._tell(READ_SHARE + (100 - READ_SHARE) * number // total, f"hashing {version.uri}")
            self._attempt(version.uri, partial(self._hash, version))

    def _names(self, names: Iterable[str] | None) -> list[str]:
        if names is not None:
            return sorted(set(names))
        known = RegisteredModel.objects.filter(server=self.mirror.server, vanished_at=None)
        listed = (model.name for model in self.registry.registered_models())
        return sorted({*listed, *known.values_list("name", flat=True)})

    def _model(self, name: str) -> None:
        try:
            snapshot = self.registry.registered_model(name=name)
            living = ModelVersion.objects.filter(
                registered_model__server=self.mirror.server,
                registered_model__name=name,
                registered_model__created_ms=snapshot.creation_timestamp,
                vanished_at=None,
            )
            found = self.registry.versions(name=name, known=living.values_list("version", flat=True))
            snapshot = self.registry.registered_model(name=name)
        except RegistryMissing:
            self._vanished(name)
            return
        seen = {version.version for version in found}
        late = self.registry.numbered(name=name, numbers=set(snapshot.aliases.values()) - seen)
        self._store(snapshot, (*found, *late))

    def _store(self, snapshot: RegisteredModelSnapshot, found: tuple[VersionSnapshot, ...]) -> None:
        with transaction.atomic():
            self._drop_aliases(snapshot.name, except_created_ms=snapshot.creation_timestamp)
            self._note_hidden(snapshot)
            model = self.mirror.registered_model(snapshot, report=self.report)
            rows = self._versions(model, found)
            self.mirror.vanish_versions(model, keep=frozenset(row.pk for row in rows), report=self.report)
            targets = {row.version: row for row in rows}
            self._aliases(model, {alias: targets.get(number) for alias, number in snapshot.aliases.items()})
            RegisteredModel.objects.filter(pk=model.pk).update(read_at=self.mirror.at)
            self.report.save(update_fields=["findings"])
        for row in rows:
            if not row.artifact_uri or (row.run and row.run.status not in FINISHED):
                self._tell(self.report.percent, f"reading the lineage of {row.uri}")
                self._attempt(row.uri, partial(self.mirror.lineage, row))
        experiments = {experiment for row in rows for experiment in _experiments(row)}
        for experiment in sorted(experiments):
            read = partial(self.mirror.runs_around, experiment_id=experiment)
            self._attempt(f"experiment {experiment}", read)

    def _versions(self, model: RegisteredModel, found: tuple[VersionSnapshot, ...]) -> list[ModelVersion]:
        known = {(row.version, row.created_ms): row for row in model.versions.select_related("run", "logged_model")}
        rows = []
        for snapshot in found:
            row = before = known.get((snapshot.version, snapshot.creation_timestamp))
            if row is None or differs(row, snapshot):
                row, _ = self.mirror.version(model, snapshot, report=self.report)
            if before and row is not before:
                self._note_changes(before, row)
            rows.append(row)
        return rows

    def _note_changes(self, before: ModelVersion, after: ModelVersion) -> None:
        for key in sorted(before.tags.keys() | after.tags.keys()):
            old, new = before.tags.get(key), after.tags.get(key)
            if old != new:
                self.report.findings.append(TagChange(version_id=after.pk, key=key, before=old, after=new).as_dict())
        if before.stage != after.stage:
            change = StageChange(version_id=after.pk, before=before.stage, after=after.stage)
            self.report.findings.append(change.as_dict())
        if after.is_hidden and not before.is_hidden:
            self.report.findings.append({"kind": "hidden", "what": after.uri})

    def _note_hidden(self, snapshot: RegisteredModelSnapshot) -> None:
        if snapshot.is_hidden and self._living(snapshot.name).filter(is_hidden=False).exists():
            self.report.findings.append({"kind": "hidden", "what": f"models:/{snapshot.name}"})

    def _aliases(self, model: RegisteredModel, now: dict[str, ModelVersion | None]) -> None:
        """Compare where the aliases point with where they pointed; the model's row is locked against another sync."""
        RegisteredModel.objects.select_for_update().get(pk=model.pk)
        before = {alias.name: alias for alias in model.aliases.select_related("version")}
        for name in sorted(before.keys() | now.keys()):
            old = before[name].version if name in before else None
            new = now.get(name)
            if old == new:
                continue
            AliasChange.objects.create(
                registered_model=model, report=self.report, alias=name, before=old, after=new, seen_at=self.mirror.at
            )
            Alias.objects.update_or_create(
                registered_model=model, name=name, defaults={"version": new, "seen_at": self.mirror.at}
            )

    def _drop_aliases(self, name: str, *, except_created_ms: int = -1) -> None:
        pointing = RegisteredModel.objects.filter(server=self.mirror.server, name=name, aliases__version__isnull=False)
        for model in pointing.exclude(created_ms=except_created_ms).distinct():
            self._aliases(model, {})

    def _vanished(self, name: str) -> None:
        with transaction.atomic():
            self._drop_aliases(name)
            for model in self._living(name):
                self.mirror.vanish_model(model, report=self.report)

    def _living(self, name: str) -> QuerySet[RegisteredModel]:
        return RegisteredModel.objects.filter(server=self.mirror.server, name=name, vanished_at=None)

    def _hash(self, version: ModelVersion) -> None:
        with looking(version, at=self.mirror.at):
            manifest = self.registry.hash_model(uri=version.artifact_uri)
            compare_and_store(version=version, manifest=manifest, at=self.mirror.at)

    def _attempt(self, what: str, read: Callable[[], None]) -> None:
        """Do `read`; what clients of MLflow spoilt is noted as a problem of `what`, an outage is raised."""
        try:
            read()
        except RegistryUnavailable:
            raise
        except DomainError as error:
            self.report.problems.append({"what": what, "code": error.code, "message": error.message})
            self.report.save(update_fields=["problems"])

    def _tell(self, percent: int, what: str) -> None:
        self.report.percent, self.report.what = percent, what[:300]
        self.report.save(update_fields=["percent", "what"])
        if self.progress:
            self.progress(percent, what)


def _experiments(version: ModelVersion) -> set[str]:
    sources = (version.run, version.logged_model)
    return {source.experiment_id for source in sources if source and source.experiment_id}


def _finish(
    report: SyncReport, *, outcome: Outcome, at: datetime, error: RegistryError | None = None, is_whole: bool = True
) -> SyncFacts:
    server = report.server
    with transaction.atomic():
        if outcome == Outcome.SUCCEEDED and is_whole:
            unfinished = SyncReport.objects.filter(server=server, carried_into=None)
            unfinished.filter(outcome__in=(Outcome.FAILED, Outcome.INTERRUPTED)).update(carried_into=report)
            server.last_synchronised_at = at
        is_silent = isinstance(error, RegistryUnavailable)
        server.state = TrackingServer.State.UNREACHABLE if is_silent else TrackingServer.State.REACHABLE
        server.last_error = error.message if error else ""
        server.save(update_fields=["state", "last_error", "last_synchronised_at"])
        facts = facts_of(report)
        report.outcome, report.finished_at, report.error = outcome, at, server.last_error
        report.percent = 100 if error is None else report.percent
        report.counts, report.digest = facts.counts(), facts.digest()
        report.save()
    return facts
