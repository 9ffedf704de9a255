"""The only writers of checkpoints and evidence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from governance import actions, canonical
from governance.accounts.models import User
from governance.audit import services as audit
from governance.errors import Invalid, Problem, no_such
from governance.evidence import earlier, edge_cases, events, policies, selectors, store, uploads
from governance.evidence.intake import Reading
from governance.evidence.models import Checkpoint, EdgeCaseExposure, EdgeCaseSet, EvaluationRun, Observation
from governance.evidence.records import EVERYBODY
from governance.systems.models import AISystem
from governance.systems.services import locked_system
from lineage import selectors as lineage
from lineage.models import ModelVersion

READ, EVALUATED, TRAINED = "read", "evaluated", "trained"
"""How a held-out set may have been used."""


@actions.action(verb="evidence.checkpoint.register", permission="checkpoint.register")
def register_checkpoint(*, system_key: str, version: ModelVersion, by: User, at: datetime) -> Checkpoint:
    """Register a mirrored model version for a system; doing it again changes nothing.

    Raises NotPermitted, NotAllowedNow (not hashed), or Conflict when it was registered with other bytes.
    """
    system = locked_system(system_key)
    policies.check_can_register(by=by, system=system, version=version, at=at)
    checkpoint = Checkpoint.objects.filter(model_version=version).first()
    if checkpoint is not None:
        policies.check_same_bytes(checkpoint=checkpoint, version=version)
        return checkpoint
    event = events.CheckpointRegistered(
        subject=_id(version), model=version.uri, server=version.server.key, artifact=version.digest
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    _expose_used(version, TRAINED, lineage.trained_on(version), system=system, by=by, at=at)
    return Checkpoint.objects.create(
        system=system, model_version=version, digest=version.digest, registered_by=by, registered_at=at, leaf_id=leaf
    )


@actions.action(verb="evidence.evaluation.read", permission="checkpoint.register")
def record_evidence(*, system_key: str, reading: Reading, by: User, at: datetime) -> EvaluationRun:
    """Record what was read from an evaluation run; the same content under the same specification is recorded once."""
    return _record(system_key=system_key, reading=reading, by=by, at=at)


@actions.action(verb="evidence.file.upload", permission="checkpoint.register")
def record_file(
    *, system_key: str, reading: Reading, upload_id: int | None = None, by: User, at: datetime
) -> EvaluationRun:
    """Record what was read from an uploaded file, and keep it; the same file, read alike, is recorded once.

    Where it came in parts, `upload_id` names the upload that ends with it.

    Raises as `record_evidence` does, and Conflict for a file that is evidence about another model already.
    """
    evaluation = _record(system_key=system_key, reading=reading, by=by, at=at)
    if upload_id is not None:
        uploads.recorded(upload_id=upload_id, evaluation=evaluation, at=at)
    return evaluation


def _record(*, system_key: str, reading: Reading, by: User, at: datetime) -> EvaluationRun:
    origin = reading.origin
    system = locked_system(system_key)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    _check(reading, system=system, at=at)
    if reading.file is not None:
        store.keep(reading.file)
    known = EvaluationRun.objects.filter(
        model_version=reading.version, specification=reading.specification, digest=reading.digest
    ).first()
    if known is not None:
        return known
    after = origin.evaluated_at >= reading.specification.ratified_at
    missing = earlier.missing(reading.content, version=reading.version, specification=reading.specification)
    content = earlier.kept(reading.content)
    event = events.EvidenceRead(
        subject=_id(reading.version),
        model=reading.version.uri,
        artifact=reading.model_digest,
        run=origin.run_id,
        specification=reading.specification.digest,
        digest=reading.digest,
        table=origin.table_digest,
        content=canonical.digest(content),
        missing=max((found["missing"] or 0 for found in missing), default=0),
        after_ratification=after,
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    evaluation = EvaluationRun.objects.create(
        system=system,
        model_version=reading.version,
        model_digest=reading.model_digest,
        specification=reading.specification,
        run_id=origin.run_id,
        level=origin.level,
        evaluator=selectors.known_as(origin.evaluator),
        datasets=origin.datasets,
        file=origin.file,
        signals=[asdict(signal) for signal in reading.signals],
        table_digest=origin.table_digest,
        content=content,
        missing=missing,
        cases=reading.cases,
        evaluated_at=origin.evaluated_at,
        after_ratification=after,
        digest=reading.digest,
        read_by=by,
        read_at=at,
        leaf_id=leaf,
    )
    Observation.objects.bulk_create(_rows(evaluation, reading))
    used = {(data["name"], data["digest"]) for data in origin.datasets}
    _expose_used(reading.version, EVALUATED, used, system=system, by=by, at=at)
    return evaluation


def _check(reading: Reading, *, system: AISystem, at: datetime) -> None:
    origin = reading.origin
    policies.check_serves(version=reading.version, system=system)
    policies.check_specification(specification=reading.specification, system=system)
    policies.check_unaltered(version=reading.version)
    policies.check_measured_by(evaluated_at=origin.evaluated_at, run_id=origin.run_id, at=at)
    policies.check_same_table(version=reading.version, run_id=origin.run_id, table_digest=origin.table_digest)
    policies.check_read_alike(
        version=reading.version,
        specification=reading.specification,
        table_digest=origin.table_digest,
        file=origin.file,
    )
    known = earlier.evaluations(version=reading.version, specification=reading.specification)
    policies.check_chosen_alike(content=reading.content, file=origin.file, earlier=known)
    policies.check_not_trained_on(version=reading.version, run_id=origin.run_id, datasets=origin.datasets)
    if origin.file["is_kept"]:
        policies.check_about_no_other(system=system, version=reading.version, table_digest=origin.table_digest)


@actions.action(verb="evidence.edge_cases.write", permission="edge_cases.write")
def write_edge_cases(*, system_key: str, text: str, by: User, at: datetime) -> EdgeCaseSet:
    """Write a set of edge cases (YAML or JSON), or its next version; the same cases are recorded once.

    Raises NotPermitted, or Invalid that names each mistake with its line.
    """
    system = locked_system(system_key)
    policies.check_can_write_edge_cases(by=by, system=system, at=at)
    written = edge_cases.read(text)
    digest = edge_cases.digest(written)
    newest = EdgeCaseSet.objects.filter(system=system, key=written.key).order_by("-version").first()
    if newest is not None and newest.digest == digest:
        return newest
    version = newest.version + 1 if newest else 1
    event = events.EdgeCasesWritten(
        subject=f"edge-cases:{system.key}:{written.key}",
        key=written.key,
        version=version,
        split=written.split,
        digest=digest,
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    return EdgeCaseSet.objects.create(
        system=system,
        key=written.key,
        version=version,
        title=written.title,
        split=written.split,
        cases=len(written.cases),
        document=canonical.encode(edge_cases.canonical(written)),
        digest=digest,
        written_by=by,
        written_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="evidence.edge_cases.open", permission="checkpoint.register")
def open_edge_cases(
    *, system_key: str, key: str, version: int, because: str, by: User, at: datetime
) -> EdgeCaseExposure:
    """Read the newest version of a held-out set, saying why; that it was read, and by whom, is recorded first.

    Raises NotPermitted, NotFound, NotAllowedNow (it is for development, or not the newest), Invalid without a reason.
    """
    system = locked_system(system_key)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    newest = EdgeCaseSet.objects.filter(system=system, key=key).order_by("-version").first()
    if newest is None:
        raise no_such("set of edge cases")
    policies.check_held_out(edge_cases=newest, version=version)
    if not because.strip():
        problem = Problem("because", "is empty.", "Say what the held-out cases are read for.")
        raise Invalid(str(problem), problems=(problem,))
    return _expose(newest, how=READ, because=because.strip(), by=by, at=at)


def _expose_used(
    version: ModelVersion, how: str, used: set[tuple[str, str]], *, system: AISystem, by: User, at: datetime
) -> None:
    """Record which held-out sets of the system are among the data sets (name, digest) that `version` saw."""
    for row in EdgeCaseSet.objects.filter(system=system, split=edge_cases.HELD_OUT).order_by("pk"):
        known = row.exposures.filter(how=how, model_version=version)
        if edge_cases.dataset_of(key=row.key, digest=row.digest) in used and not known.exists():
            _expose(row, how=how, model_version=version, by=by, at=at)


def _expose(
    row: EdgeCaseSet,
    *,
    how: str,
    because: str = "",
    model_version: ModelVersion | None = None,
    by: User,
    at: datetime,
) -> EdgeCaseExposure:
    event = events.EdgeCasesExposed(
        subject=f"edge-cases:{row.system.key}:{row.key}",
        key=row.key,
        version=row.version,
        how=how,
        digest=row.digest,
        model=model_version.uri if model_version else "",
        because=because,
    )
    leaf = audit.record(event=event, actor=by.actor, system=row.system.key, at=at)
    return EdgeCaseExposure.objects.create(
        edge_cases=row, how=how, model_version=model_version, by=by, at=at, leaf_id=leaf
    )


def _rows(evaluation: EvaluationRun, reading: Reading) -> list[Observation]:
    claimed = reading.origin.claimed
    return [
        Observation(
            evaluation=evaluation,
            dimension=found.dimension,
            metric=found.metric,
            aggregate=found.aggregate,
            group_key=found.group,
            context_key=found.context,
            estimate=found.estimate,
            n=found.n,
            document=asdict(found),
            claimed=claimed.get(found.metric if found.group == EVERYBODY else f"{found.metric}/{found.group}", ""),
        )
        for found in reading.observations
    ]


def _id(version: ModelVersion) -> str:
    return f"version:{version.pk}"
