"""The only writers of uploads: large files that come in parts, and are read in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import actions
from governance.accounts.models import User
from governance.accounts.policies import check_machine
from governance.audit import services as audit
from governance.errors import DomainError, NotAllowedNow, no_such
from governance.evidence import events, files, parts, policies
from governance.evidence.formats import mapping
from governance.evidence.models import EvaluationRun, EvidenceUpload
from governance.evidence.states import UploadState
from governance.systems import selectors as systems
from governance.systems.services import locked_system
from lineage.models import ModelVersion

OPEN = (UploadState.RECEIVING, UploadState.READING)


@actions.action(verb="evidence.upload.begin", permission="checkpoint.register")
def begin(
    *,
    system_key: str,
    version: ModelVersion,
    name: str,
    size: int,
    digest: str,
    said: dict[str, Any],
    results: bytes = b"",
    by: User,
    at: datetime,
) -> EvidenceUpload:
    """Begin to send a large file; beginning the same again goes on with what came already.

    `said` holds level, evaluator, mapping, form, evaluated_at and model_digest, as `files.Upload` takes them. Raises
    NotPermitted, NotFound for a version of another system, or Invalid for a file that could not be read anyway.
    """
    system = locked_system(system_key)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    policies.check_serves(version=version, system=system)
    policies.check_size(size=size)
    if said["mapping"].strip():
        mapping.read(said["mapping"])
    files.check_offset(said["evaluated_at"])
    same = EvidenceUpload.objects.filter(system=system, model_version=version, begun_by=by, digest=digest, said=said)
    row = same.filter(state__in=OPEN, name=name, size=size).order_by("-pk").first()
    if row is not None:
        return row
    row = EvidenceUpload.objects.create(
        system=system,
        model_version=version,
        name=name,
        said=said,
        results=results,
        digest=digest,
        size=size,
        begun_by=by,
        begun_at=at,
        changed_at=at,
    )
    event = events.UploadBegun(subject=_id(row), model=version.uri, table=digest, size=size)
    audit.record(event=event, actor=by.actor, system=system.key, at=at)
    return row


@transaction.atomic
def receive(*, system_key: str, upload_id: int, offset: int, content: bytes, by: User, at: datetime) -> EvidenceUpload:
    """Take the part of a file that begins at `offset`: a part of sending it, and no verb of its own. After the last one
    it is read.

    Raises NotFound for another's upload, NotPermitted, NotAllowedNow once it is whole, and Conflict for a part that is
    not the next one.
    """
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    row = EvidenceUpload.objects.select_for_update().filter(system=system, pk=upload_id, begun_by=by).first()
    if row is None:
        raise no_such("upload")
    policies.check_next_part(upload=row, offset=offset, length=len(content))
    parts.keep(row.pk, parts.RECEIVED, offset, content)
    row.received += len(content)
    row.changed_at = at
    if row.received == row.size:
        row.state = UploadState.READING
        transaction.on_commit(lambda: _dispatch(row.pk), robust=True)
    row.save(update_fields=["received", "state", "changed_at"])
    return row


@actions.action(verb="evidence.upload.refuse", permission=actions.MACHINE, states=OPEN)
def refuse(*, upload_id: int, refusal: DomainError, by: User, at: datetime) -> EvidenceUpload:
    """Record that a large file is no evidence, with what is wrong with it, and keep nothing of it.

    Raises NotAllowedNow when it is evidence, or refused, already.
    """
    check_machine(by=by)
    row = _open(upload_id)
    row.state, row.changed_at, row.detail = UploadState.REFUSED, at, refusal.message
    row.problems = [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in refusal.problems]
    row.save(update_fields=["state", "changed_at", "detail", "problems"])
    event = events.UploadRefused(
        subject=_id(row), model=row.model_version.uri, table=row.digest, code=refusal.code or "refused"
    )
    audit.record(event=event, actor=by.actor, system=row.system.key, at=at)
    transaction.on_commit(lambda: parts.drop(row.pk), robust=True)
    return row


def recorded(*, upload_id: int, evaluation: EvaluationRun, at: datetime) -> None:
    """Note in the caller's transaction that a file became evidence: a part of recording it, and no verb of its own."""
    row = _open(upload_id)
    row.state, row.percent, row.evaluation, row.changed_at = UploadState.RECORDED, 100, evaluation, at
    row.save(update_fields=["state", "percent", "evaluation", "changed_at"])
    transaction.on_commit(lambda: parts.drop(row.pk), robust=True)


def attempted(row: EvidenceUpload, *, at: datetime) -> None:
    """Note that a file begins to be read, so that one that ends its reader every time is found out."""
    row.attempts += 1
    row.changed_at = at
    row.save(update_fields=["attempts", "changed_at"])


def advanced(row: EvidenceUpload, *, percent: int, at: datetime) -> None:
    """Note how far a file has been read, for whoever waits."""
    EvidenceUpload.objects.filter(pk=row.pk, state=UploadState.READING).update(percent=percent, changed_at=at)


def _open(upload_id: int) -> EvidenceUpload:
    rows = EvidenceUpload.objects.select_for_update(of=("self",)).select_related("system")
    row = rows.filter(pk=upload_id).first()
    if row is None:
        raise no_such("upload")
    if row.state not in OPEN:
        raise NotAllowedNow(f"{row.name} is {row.state} already.")
    return row


def _dispatch(upload_id: int) -> None:
    from governance.evidence import tasks

    tasks.read_upload.delay(upload_id=upload_id)


def _id(row: EvidenceUpload) -> str:
    return f"upload:{row.pk}"
