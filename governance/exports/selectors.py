"""Gathering what an export says about a version, a candidate or a system, as far as its reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from governance.accounts.models import User
from governance.approvals import selectors as approvals
from governance.approvals.models import CandidateRevision
from governance.errors import Invalid
from governance.evidence import registration
from governance.evidence import selectors as evidence
from governance.evidence.models import EvaluationRun
from governance.exports import told
from governance.exports.extract import Extract
from governance.exports.things import (
    VERSION,
    Lineage,
    Place,
    Thing,
    from_graph,
    from_snapshot,
    merged,
    rfc3339,
    version_of,
)
from governance.gates import selectors as gates
from governance.gates.models import GateReport
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from lineage.digests import FileDigest, manifest_from
from lineage.models import ModelVersion


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The rows behind an extract, each with the version that it is about; `recorded` are the times of what is no
    row here."""

    versions: Sequence[Thing]
    lineage: Lineage
    files: dict[Place, tuple[FileDigest, ...]]
    objectives: Sequence[dict[str, Any]]
    evaluations: Sequence[tuple[Thing, EvaluationRun]]
    reports: Sequence[tuple[Thing, GateReport]]
    revisions: Sequence[tuple[Thing, CandidateRevision]]
    recorded: Sequence[datetime]


def of_version(*, system_key: str, uri: str, by: User) -> Extract:
    """Return what `by` may see of `models:/NAME/VERSION` of a system: as the mirror, the evidence and the releases are
    now. Raises NotFound for what is missing or hidden from `by`, and Invalid for a malformed name."""
    system = systems.system(key=system_key, by=by)
    version = registration.mirrored(system=system, uri=uri)
    return _extract("version", version.uri, system=system, found=_gathered(system, [version], by=by))


def of_system(*, system_key: str, by: User) -> Extract:
    """Return what `by` may see of every version that is registered for a system. Raises NotFound as `of_version`."""
    system = systems.system(key=system_key, by=by)
    rows = evidence.checkpoints(system=system).select_related("model_version__registered_model__server").order_by("pk")
    found = _gathered(system, [row.model_version for row in rows], by=by)
    return _extract("system", system.key, system=system, found=found)


def of_candidate(*, candidate_id: int, by: User) -> Extract:
    """Return what a release candidate's newest revision pinned, to the letter, and what became of it. Raises NotFound
    when it is missing or hidden from `by`."""
    candidate = approvals.candidate(candidate_id=candidate_id, by=by)
    revision = approvals.newest_revision(candidate)
    report, document = revision.report, orjson.loads(bytes(revision.lineage))
    version = version_of(document)
    used = [digest for _, digest in report.evidence]
    rows = evidence.evaluations(candidate.model_version).filter(specification=report.specification, digest__in=used)
    found = _Found(
        versions=[version],
        lineage=from_snapshot(document),
        files={version.place: manifest_from(document["files"]["manifest"]).files} if document["files"] else {},
        objectives=revision.content()["objectives"],
        evaluations=[(version, row) for row in rows.order_by("pk")],
        reports=[(version, report)],
        revisions=[(version, revision)],
        recorded=[],
    )
    return _extract("candidate", str(candidate), system=candidate.system, found=found)


def _gathered(system: AISystem, versions: list[ModelVersion], *, by: User) -> _Found:
    lineage = _lineage(versions, by=by)
    shown = {thing.place: thing for thing in lineage.things}
    thing = {version.pk: shown[_place(version)] for version in versions}
    candidates = approvals.candidates(by=by, system=system).filter(model_version__in=versions).order_by("pk")
    revisions = [(thing[row.model_version_id], approvals.newest_revision(row)) for row in candidates]
    newest = gates.latest_reports(system=system, by=by, with_documents=True, of=versions)
    hashed = [(thing[version.pk], held) for version in versions if (held := version.current_digest)]
    return _Found(
        versions=list(thing.values()),
        lineage=lineage,
        files={version.place: manifest_from(held.manifest).files for version, held in hashed},
        objectives=[aim for version in versions for aim in _objectives(version, system)],
        evaluations=[
            (thing[v.pk], row) for v in versions for row in evidence.evaluations(v).filter(system=system).order_by("pk")
        ],
        reports=[(thing[row.model_version_id], row) for row in newest] + [(v, row.report) for v, row in revisions],
        revisions=revisions,
        recorded=[version.first_seen_at for version in versions] + [held.computed_at for _, held in hashed],
    )


def _extract(kind: str, about: str, *, system: AISystem, found: _Found) -> Extract:
    evaluations = tuple(told.evaluation(row, version=version) for version, row in found.evaluations)
    judged = {(v.place, r.digest): told.judgement(r, version=v, system=system.key) for v, r in found.reports}
    releases = tuple(told.release(row, version=version) for version, row in found.revisions)
    made = (*(one.read_at for one in evaluations), *(one.judged_at for one in judged.values()))
    times = [*made, *map(rfc3339, (system.created_at, *found.recorded))]
    return Extract(
        site=settings.SITE_URL.rstrip("/"),
        kind=kind,
        about=about,
        system=system.key,
        system_name=system.name,
        purpose=system.purpose,
        recorded_at=max([*times, *(time for one in releases for time in told.times(one))]),
        versions=tuple(found.versions),
        lineage=found.lineage,
        files=found.files,
        objectives=tuple(sorted(found.objectives, key=lambda aim: str(aim["run"]))),
        evaluations=evaluations,
        judgements=tuple(judged[key] for key in sorted(judged)),
        releases=releases,
    )


def _lineage(versions: list[ModelVersion], *, by: User) -> Lineage:
    """One closure for each tracking server, since nothing leads from one to another."""
    servers: dict[str, list[ModelVersion]] = {}
    for version in versions:
        servers.setdefault(version.server.key, []).append(version)
    parts = [from_graph(evidence.lineage_graph(*some, by=by), server=key) for key, some in servers.items()]
    return merged([thing for part in parts for thing in part.things], [link for part in parts for link in part.links])


def _place(version: ModelVersion) -> Place:
    return (VERSION, version.server.key, f"{version.name}/{version.version}/{version.created_ms}")


def _objectives(version: ModelVersion, system: AISystem) -> list[dict[str, Any]]:
    try:
        return evidence.objectives(version, system=system)
    except Invalid as error:
        return [{"run": "", "kind": "unreadable", "because": error.message}]
