"""Reading an evaluation run from MLflow and recomputing it, before anything is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from governance import canonical
from governance.errors import Invalid, NotFound, Problem
from governance.evidence import aggregation, derive, ingest
from governance.evidence.records import CaseRecord, ObservationData, Source
from governance.specs import selectors as specs
from governance.specs.effective import effective
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion
from lineage.registry import Registry
from lineage.snapshots import RunSnapshot

TABLE = "edgewise/cases.json"
LEVEL_TAG = "edgewise.evidence"
FINISHED = "FINISHED"
LARGEST_TABLE = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one evaluation run says of one model version, recomputed; `digest` covers all of it."""

    version: ModelVersion
    model_digest: str
    specification: SpecificationVersion
    run_id: str
    level: str
    evaluator: str
    evaluated_at: datetime
    datasets: list[dict[str, str]]
    table_digest: str
    cases: int
    claimed: dict[str, str]
    observations: tuple[ObservationData, ...]
    digest: str


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
    parsed, selectors = specification.parsed(), specification.selectors()
    records = derive.with_derived(ingest.read_cases(data), parsed.measures)
    evaluated_at = datetime.fromtimestamp((run.start_time or 0) / 1000, tz=UTC)
    source = Source(
        evidence=run.run_id,
        subject=version.digest,
        level=run.tags[LEVEL_TAG],
        measured_at=evaluated_at.isoformat(),
    )
    observed: list[ObservationData] = []
    asked = {key: effective(parsed, key) for key in system.contexts.order_by("key").values_list("key", flat=True)}
    for key, holding in asked.items():
        observed += aggregation.observations(records, holding.criteria, selectors, context=key, source=source)
    if not observed:
        metrics = {metric for holding in asked.values() for metric in holding.metrics}
        raise ingest.beside_the_point(records, metrics=metrics, contexts=asked)
    _check_claims(run, records, observed, selectors)
    datasets = [
        {"name": used.dataset.name, "digest": used.dataset.digest, "context": used.context}
        for used in run.dataset_inputs
    ]
    table_digest = canonical.digest_bytes(data)
    content: dict[str, Any] = {
        "run": run.run_id,
        "model": version.digest,
        "level": source.level,
        "evaluated_at": source.measured_at,
        "datasets": datasets,
        "table": table_digest,
        "observations": [asdict(o) for o in observed],
    }
    return Reading(
        version=version,
        model_digest=version.digest,
        specification=specification,
        run_id=run.run_id,
        level=source.level,
        evaluator=run.user_id or run.tags.get("mlflow.user", ""),
        evaluated_at=evaluated_at,
        datasets=datasets,
        table_digest=table_digest,
        cases=len({record.case_id for record in records}),
        claimed=dict(run.metrics),
        observations=tuple(observed),
        digest=canonical.digest(content),
    )


def _check_claims(
    run: RunSnapshot,
    records: Sequence[CaseRecord],
    observed: Sequence[ObservationData],
    selectors: Mapping[str, aggregation.Selector],
) -> None:
    """Hold what the run says of a metric to all of its cases: a run's own metric names no context."""
    measured = {(o.metric, o.aggregate, o.group): o for o in observed}
    whole = [aggregation.over_all_contexts(records, o, selectors=selectors) for o in measured.values()]
    wrong = aggregation.compare_claims(whole, run.metrics)
    if wrong:
        problems = tuple(
            Problem(
                f"run {run.run_id}, metric {m.name}",
                f"claims {m.claimed}, and its cases give {m.found}.",
                "Log the metric that the per-case table bears out.",
            )
            for m in wrong
        )
        raise Invalid("; ".join(map(str, problems)), code="claim-mismatch", problems=problems)
