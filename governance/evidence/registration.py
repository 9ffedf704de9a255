"""One call registers a checkpoint: read it from MLflow, hash its files, record who registered it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import choices
from governance.accounts.models import User
from governance.errors import Invalid, NotFound, Problem
from governance.evidence import files, policies, runs, services, uploads
from governance.evidence.files import Upload
from governance.evidence.models import Checkpoint, EvaluationRun, EvidenceUpload
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from governance.systems.policies import check_permission
from lineage import selectors as lineage
from lineage import sync
from lineage.models import ModelVersion, TrackingServer
from lineage.registry import parse_uri


def register(*, system_key: str, uri: str, by: User, at: datetime) -> Checkpoint:
    """Register `models:/NAME/VERSION` for a system; repeating it changes nothing.

    The server re-reads everything from MLflow and hashes the files itself. Raises NotPermitted before it asks MLflow
    anything, NotFound, the registry's errors, and Conflict when it was registered with other bytes.
    """
    system = systems.system(key=system_key, by=by)
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
    server, name, number = locate(system=system, uri=uri)
    version = sync.register_version(server=server, name=name, version=number, at=at)
    return services.register_checkpoint(system_key=system_key, version=version, by=by, at=at)


def bring_in(*, system_key: str, uri: str, by: User, at: datetime) -> list[EvaluationRun]:
    """Read, recompute and record every evaluation run that says it is evidence about `models:/NAME/VERSION`.

    Raises as `runs.read_runs` does; nothing is recorded unless every run could be used.
    """
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    version = mirrored(system=system, uri=uri)
    readings = runs.read_runs(system=system, version=version)
    with transaction.atomic():
        return [services.record_evidence(system_key=system_key, reading=r, by=by, at=at) for r in readings]


def bring_in_file(*, system_key: str, uri: str, upload: Upload, by: User, at: datetime) -> EvaluationRun:
    """Read an uploaded file as evidence about `models:/NAME/VERSION`, keep it, and record what its cases come to.

    Raises NotPermitted before anything is read, and as `files.reading_of` does; then nothing of it is recorded.
    """
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    version = mirrored(system=system, uri=uri)
    reading = files.reading_of(upload, system=system, version=version)
    return services.record_file(system_key=system_key, reading=reading, by=by, at=at)


def begin_upload(*, system_key: str, uri: str, by: User, at: datetime, **file: Any) -> EvidenceUpload:
    """Begin to send a large `file` (as `uploads.begin` takes it) as evidence about `models:/NAME/VERSION`."""
    system = systems.system(key=system_key, by=by)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    version = mirrored(system=system, uri=uri)
    return uploads.begin(system_key=system_key, version=version, by=by, at=at, **file)


def mirrored(*, system: AISystem, uri: str) -> ModelVersion:
    """Return the mirror's version for `models:/NAME/VERSION`; raise NotFound when it is not mirrored."""
    server, name, number = locate(system=system, uri=uri)
    return lineage.version(server=server, name=name, version=number)


def locate(*, system: AISystem, uri: str) -> tuple[TrackingServer, str, str]:
    """Return server, name and number of a model URI that serves `system`. Raises Invalid or NotFound."""
    name, number, alias = parse_uri(uri)
    if alias or not number:
        problem = Problem("model", f"“{uri}” names no version.", "Write models:/NAME/VERSION.")
        raise Invalid(str(problem), problems=(problem,))
    link = system.registered_models.filter(name=name).first()
    if link is None:
        serving = choices.remedy(name, system.registered_models.values_list("name", flat=True), lead="These do")
        what = f"The registered model “{name[:64]}” does not serve {system.name}. {serving}"
        raise NotFound(what, code="model-unconnected")
    return lineage.server(key=link.server_key), name, number
