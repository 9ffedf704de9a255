"""The only writers of checkpoints and evidence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from governance import actions
from governance.accounts.models import User
from governance.audit import services as audit
from governance.evidence import events, policies
from governance.evidence.intake import Reading
from governance.evidence.models import Checkpoint, EvaluationRun, Observation
from governance.evidence.records import EVERYBODY
from governance.systems.services import locked_system
from lineage.models import ModelVersion


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
    return Checkpoint.objects.create(
        system=system, model_version=version, digest=version.digest, registered_by=by, registered_at=at, leaf_id=leaf
    )


@actions.action(verb="evidence.evaluation.read", permission="checkpoint.register")
def record_evidence(*, system_key: str, reading: Reading, by: User, at: datetime) -> EvaluationRun:
    """Record what was read from an evaluation run; the same content under the same specification is recorded once."""
    return _record(system_key=system_key, reading=reading, by=by, at=at)


@actions.action(verb="evidence.file.upload", permission="checkpoint.register")
def record_file(*, system_key: str, reading: Reading, by: User, at: datetime) -> EvaluationRun:
    """Record what was read from an uploaded file that is kept; the same file, read alike, is recorded once.

    Raises as `record_evidence` does, and Conflict for a file that is evidence about another model already.
    """
    return _record(system_key=system_key, reading=reading, by=by, at=at)


def _record(*, system_key: str, reading: Reading, by: User, at: datetime) -> EvaluationRun:
    origin = reading.origin
    system = locked_system(system_key)
    policies.check_can_read_evidence(by=by, system=system, at=at)
    policies.check_serves(version=reading.version, system=system)
    policies.check_specification(specification=reading.specification, system=system)
    policies.check_unaltered(version=reading.version)
    policies.check_measured_by(evaluated_at=origin.evaluated_at, run_id=origin.run_id, at=at)
    policies.check_same_table(version=reading.version, run_id=origin.run_id, table_digest=origin.table_digest)
    policies.check_not_trained_on(version=reading.version, run_id=origin.run_id, datasets=origin.datasets)
    if origin.file["is_kept"]:
        policies.check_about_no_other(system=system, version=reading.version, table_digest=origin.table_digest)
    known = EvaluationRun.objects.filter(
        model_version=reading.version, specification=reading.specification, digest=reading.digest
    ).first()
    if known is not None:
        return known
    after = origin.evaluated_at >= reading.specification.ratified_at
    event = events.EvidenceRead(
        subject=_id(reading.version),
        model=reading.version.uri,
        artifact=reading.model_digest,
        run=origin.run_id,
        specification=reading.specification.digest,
        digest=reading.digest,
        table=origin.table_digest,
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
        evaluator=origin.evaluator,
        datasets=origin.datasets,
        file=origin.file,
        signals=[asdict(signal) for signal in reading.signals],
        table_digest=origin.table_digest,
        cases=reading.cases,
        evaluated_at=origin.evaluated_at,
        after_ratification=after,
        digest=reading.digest,
        read_by=by,
        read_at=at,
        leaf_id=leaf,
    )
    Observation.objects.bulk_create(_rows(evaluation, reading))
    return evaluation


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
