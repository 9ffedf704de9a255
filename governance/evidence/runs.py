"""Evaluation runs in MLflow as evidence: which of them are, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime

from governance import canonical
from governance.errors import NotFound
from governance.evidence import ingest
from governance.evidence.intake import Origin, Reading, recomputed
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion
from lineage.registry import Registry
from lineage.snapshots import RunSnapshot

TABLE = "edgewise/cases.json"
LEVEL_TAG = "edgewise.evidence"
FINISHED = "FINISHED"
LARGEST_TABLE = 64 * 1024 * 1024


def read_runs(*, system: AISystem, version: ModelVersion) -> list[Reading]:
    """Read every evaluation run of `version` that its client marked as evidence, oldest first.

    Runs that have not finished say nothing yet. Raises NotFound when there is none, Invalid naming run, row and column
    when a table cannot be used or a run claims other figures than its cases bear out, and the registry's errors when
    MLflow cannot be read.
    """
    specification = specs.require_in_force(system=system)
    with Registry.of(version.server) as registry:
        runs = [run for run in _evidence_runs(registry, version) if _evaluates(run, version)]
        if not runs:
            raise NotFound(
                f"No finished run says that it is evidence about {version.uri}. Tag an evaluation run with "
                f"{LEVEL_TAG}, give it the model as an input, and end it.",
                code="no-evidence",
            )
        runs.sort(key=lambda run: (run.start_time or 0, run.run_id))
        return [
            reading_of(
                run,
                registry.read(uri=run.artifact_uri, path=TABLE, limit=LARGEST_TABLE),
                system=system,
                version=version,
                specification=specification,
            )
            for run in runs
        ]


def _evidence_runs(registry: Registry, version: ModelVersion) -> tuple[RunSnapshot, ...]:
    if version.logged_model is None:
        raise NotFound(f"{version.uri} leads back to no logged model, so no run can name it.", code="no-logged-model")
    return registry.evidence_runs(experiment_id=version.logged_model.experiment_id)


def _evaluates(run: RunSnapshot, version: ModelVersion) -> bool:
    logged = version.logged_model
    return logged is not None and logged.model_id in run.model_inputs and run.status == FINISHED


def reading_of(
    run: RunSnapshot,
    data: bytes,
    *,
    system: AISystem,
    version: ModelVersion,
    specification: SpecificationVersion,
) -> Reading:
    """Recompute what `run` found about `version` from the bytes of its per-case table, for every context.

    Raises Invalid naming run, row and column when the table cannot be used or bears out other figures than claimed.
    """
    datasets = [
        {"name": used.dataset.name, "digest": used.dataset.digest, "context": used.context}
        for used in run.dataset_inputs
    ]
    origin = Origin(
        run_id=run.run_id,
        level=run.tags[LEVEL_TAG],
        evaluator=run.user_id or run.tags.get("mlflow.user", ""),
        evaluated_at=datetime.fromtimestamp((run.start_time or 0) / 1000, tz=UTC),
        datasets=datasets,
        table_digest=canonical.digest_bytes(data),
        claimed={name: str(figure) for name, figure in run.metrics.items()},
        file=None,
    )
    records = ingest.read_cases(data)
    return recomputed(records, origin, system=system, version=version, specification=specification)
