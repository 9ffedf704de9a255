"""Bringing the mirror up to date: whole models by `synchronise`, one version with its files by `register_version`.

Call these outside a transaction: they speak to the network, and commit as they go, so that an interrupted
synchronisation goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from governance.errors import Invalid, Problem
from lineage.ancestry import Ancestry
from lineage.bulk import BulkRegistry
from lineage.errors import IntegrityConflict, RegistryError, RegistryMissing, RegistryUnavailable
from lineage.facts import SyncFacts, facts_of
from lineage.hashing import Rehash, compare_and_store, looking
from lineage.linking import join_used, trace
from lineage.locks import only_one
from lineage.mirror import Mirror
from lineage.models import ModelVersion, SyncReport, TrackingServer
from lineage.reading import Progress, Reading
from lineage.registry import Registry

Outcome = SyncReport.Outcome
NAME_A_MODEL = "Name a version of a model: models:/NAME/VERSION."


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

    `models` names the registered models to read (all when None): a hint is such a name and says nothing more, so that
    it may be lost, repeated and overtaken. `is_whole` is False where they are only some of those that are watched, so
    that this says nothing of how old the mirror is. `progress` is told percent and what. New versions get their lineage
    and digest; names, versions and aliases that are gone are read again by name before they are called vanished.
    Raises RegistryError (the report then says failed, and what it found goes to the next one), and
    SynchronisationRunning where another one of the same server is at work.
    """
    with only_one(server):
        SyncReport.objects.filter(server=server, outcome=Outcome.RUNNING).update(
            outcome=Outcome.INTERRUPTED, finished_at=at
        )
        report = SyncReport.objects.create(server=server, started_at=at)
        try:
            with BulkRegistry.of(server) as registry:
                Reading(registry=registry, report=report, at=at, progress=progress).run(models)
        except RegistryError as error:
            _finish(report, outcome=Outcome.FAILED, at=at, error=error)
            raise
        return _finish(report, outcome=Outcome.SUCCEEDED, at=at, is_whole=is_whole)


def register_version(*, server: TrackingServer, name: str, version: str, at: datetime) -> ModelVersion:
    """Read one version with its whole lineage, hash its files, and return its row; repeating it changes nothing.

    Raises RegistryError, and IntegrityConflict (after the new digest is stored) where the files are not those that
    were hashed before.
    """
    with BulkRegistry.of(server) as registry:
        mirror = Mirror(registry=registry, server=server, at=at)
        row = mirror.version_named(name=name, version=version)
        _check_has_files(row)
        _read_lineage(registry, row, mirror=mirror)
        row.artifact_uri = registry.download_uri(name=name, version=version)
        ModelVersion.objects.filter(pk=row.pk).update(artifact_uri=row.artifact_uri)
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


def _check_has_files(version: ModelVersion) -> None:
    if version.is_prompt:
        problem = Problem(where="model", what=f"{version.uri} is a prompt, which has no files.", remedy=NAME_A_MODEL)
        raise Invalid(str(problem), code="no-files", problems=(problem,))


def _read_lineage(registry: BulkRegistry, version: ModelVersion, *, mirror: Mirror) -> None:
    ancestry = Ancestry(registry=registry, server=version.server, at=mirror.at, again=True)
    trace([version.pk], ancestry=ancestry, mirror=mirror)
    version.refresh_from_db(fields=["run", "logged_model", "copied_from", "lineage_read_at"])
    ancestry.again = False
    for source in {each.experiment_id for each in (version.run, version.logged_model) if each and each.experiment_id}:
        ancestry.see(registry.list_evidence(experiment_id=source))
        if version.run:
            ancestry.see(registry.list_children(experiment_id=source, run_id=version.run.run_id))
    for run_id in ancestry.unread(only=ancestry.runs):
        ancestry.read_whole(run_id)
    join_used(ancestry=ancestry, mirror=mirror)


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
        if error or is_whole:
            server.last_error = error.message if error else ""
        server.save(update_fields=["state", "last_error", "last_synchronised_at"])
        facts = facts_of(report)
        report.outcome, report.finished_at, report.error = outcome, at, error.message if error else ""
        report.percent = 100 if error is None else report.percent
        report.counts, report.digest = facts.counts(), facts.digest()
        report.save()
    return facts
