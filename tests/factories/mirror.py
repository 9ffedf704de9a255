"""Rows of the mirror as a synchronisation would have left them, without an MLflow server."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from lineage import history
from lineage.models import (
    Alias,
    AliasChange,
    Dataset,
    LoggedModel,
    ModelDigest,
    ModelVersion,
    RegisteredModel,
    Run,
    RunInput,
    SyncReport,
    TrackingServer,
    VersionUse,
)
from lineage.snapshots import PROMPT_SOURCE, PROMPT_TAG, PROMPT_TEXT

MODEL = "outreach-model"
WEIGHTS = b"weights"


def server(key: str = "main") -> TrackingServer:
    """Return a tracking server that nobody reaches."""
    found, _ = TrackingServer.objects.get_or_create(key=key, defaults={"url": "http://127.0.0.1:9"})
    return found


def version(
    number: str,
    *,
    at: datetime,
    content: bytes = WEIGHTS,
    user: str = "trainer",
    model: str = MODEL,
    server_key: str = "main",
) -> ModelVersion:
    """Return a version of a registered model with a run, a logged model and the digest of one file with `content`."""
    on = server(server_key)
    registered, _ = RegisteredModel.objects.get_or_create(
        server=on, name=model, defaults={"created_ms": 1, "first_seen_at": at}
    )
    run = Run.objects.create(
        server=on, run_id=f"train-{_suffix(model, number)}", user=user, started_at=at, first_seen_at=at
    )
    logged = LoggedModel.objects.create(
        server=on, model_id=f"m-{_suffix(model, number)}", experiment_id="1", source_run_id=run.run_id, first_seen_at=at
    )
    row = ModelVersion.objects.create(
        registered_model=registered,
        version=number,
        created_ms=int(at.timestamp() * 1000),
        source_run_id=run.run_id,
        run=run,
        logged_model=logged,
        source=f"models:/{logged.model_id}",
        status="READY",
        first_seen_at=at,
        digest_checked_at=at,
    )
    rehashed(row, content=content if content != WEIGHTS else content + number.encode(), at=at)
    return row


def rehashed(version: ModelVersion, *, content: bytes, at: datetime) -> ModelDigest:
    """Let Edgewise have found `content` as the version's only file."""
    version.digest_checked_at = at
    version.save(update_fields=["digest_checked_at"])
    sha256 = hashlib.sha256(content)
    return ModelDigest.objects.create(
        version=version,
        digest=hashlib.sha256(sha256.digest()).hexdigest(),
        manifest=[{"path": "model.pkl", "size": len(content), "sha256": sha256.hexdigest()}],
        total_bytes=len(content),
        artifact_uri="mlflow-artifacts:/1/models",
        computed_at=at,
    )


def point_alias(name: str, to: ModelVersion | None, *, at: datetime, model: str = MODEL) -> None:
    """Let the alias of a registered model have been seen at a version."""
    registered = RegisteredModel.objects.get(name=model)
    Alias.objects.update_or_create(registered_model=registered, name=name, defaults={"version": to, "seen_at": at})


def _suffix(model: str, number: str) -> str:
    return number if model == MODEL else f"{model}-{number}"


def trained_on(version: ModelVersion, *, name: str, digest: str) -> None:
    """Let the run of `version` have said that it trained on a dataset."""
    assert version.run is not None
    fingerprint = hashlib.sha256(f"{name} {digest}".encode()).hexdigest()
    dataset = Dataset.objects.create(
        server=version.server, fingerprint=fingerprint, name=name, digest=digest, first_seen_at=version.first_seen_at
    )
    RunInput.objects.create(run=version.run, dataset=dataset, context="training")


def prompt(
    number: str, *, used_by: ModelVersion, text: str, at: datetime, name: str = "outreach-prompt"
) -> ModelVersion:
    """Return a version of a prompt which the run of a version says that it used."""
    registered, _ = RegisteredModel.objects.get_or_create(
        server=used_by.server, name=name, defaults={"created_ms": 1, "is_hidden": True, "first_seen_at": at}
    )
    row = ModelVersion.objects.create(
        registered_model=registered,
        version=number,
        created_ms=1,
        source=PROMPT_SOURCE,
        tags={PROMPT_TAG: "true", PROMPT_TEXT: text},
        is_hidden=True,
        is_prompt=True,
        first_seen_at=at,
    )
    VersionUse.objects.create(version=row, run=used_by.run, role=VersionUse.Role.PROMPT)
    return row


def said(thing: RegisteredModel | ModelVersion, *, at: datetime, **fields: Any) -> SyncReport:
    """Let a synchronisation have seen that MLflow says `fields` of a model or version now; return its report."""
    server = thing.server
    report = SyncReport.objects.create(server=server, started_at=at, finished_at=at, outcome="succeeded")
    history.note(thing, {"tags": thing.tags} | fields, report=report, at=at)
    for field, value in fields.items():
        setattr(thing, field, value)
    thing.save()
    return report


def move_alias(name: str, to: ModelVersion | None, *, of: RegisteredModel, at: datetime) -> None:
    """Let a synchronisation have seen the alias of a registered model move to a version, or go."""
    report = SyncReport.objects.create(server=of.server, started_at=at, finished_at=at, outcome="succeeded")
    before = Alias.objects.filter(registered_model=of, name=name).first()
    pointed = before.version if before else None
    AliasChange.objects.create(registered_model=of, report=report, alias=name, before=pointed, after=to, seen_at=at)
    point_alias(name, to, at=at, model=of.name)
