"""Evaluation runs in MLflow as evidence: which of them are, and what they say."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, Any

from django.conf import settings

from governance import canonical
from governance.errors import NotFound
from governance.evidence import formats, memory, store
from governance.evidence.formats import mapping, traces
from governance.evidence.formats.mapping import Mapped
from governance.evidence.formats.table import Table
from governance.evidence.intake import Origin, Reading, columns_asked, metrics_asked, recomputed
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage import tags
from lineage.models import ModelVersion
from lineage.registry import Registry
from lineage.snapshots import RunSnapshot, TraceSnapshot

TABLE = "edgewise/cases.json"
MOST_BYTES = 512 * 1024 * 1024
"""Bytes of a run's table, which is read while somebody waits; a worker reads the files that are sent."""
TRACES = "traces"
"""What the table's tag says where the cases are the run's traces, with what was said of them."""
MEAN = "/mean"
"""How `mlflow.genai.evaluate` names its figure over all traces."""
FINISHED = "FINISHED"


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
                f"{tags.EVIDENCE}, give it the model as an input, and end it.",
                code="no-evidence",
            )
        runs.sort(key=lambda run: (run.start_time or 0, run.run_id))
        about: dict[str, Any] = {"system": system, "version": version, "specification": specification}
        return [_read(registry, run, **about) for run in runs]


def reading_of(run: RunSnapshot, file: IO[bytes], **about: Any) -> Reading:
    """Recompute what `run` found from its per-case table, for every context, as `recomputed` does with
    `about` (system, version, specification).

    Raises Invalid naming run, row and column when the table cannot be used or bears out other figures than claimed.
    """
    path = run.tags.get(tags.TABLE, TABLE)
    form, table = formats.read(file, name=path.rpartition("/")[2])
    return _reading(run, table, read_as=(path, form), digest=store.digest_of(file), **about)


def reading_of_traces(
    run: RunSnapshot, found: Sequence[TraceSnapshot], *, version: ModelVersion, **about: Any
) -> Reading:
    """Recompute what was said of a run's traces; raises as `reading_of` does, and for traces of another model."""
    model_id = version.logged_model.model_id if version.logged_model else ""
    table = traces.table(found, model_id=model_id)
    digest = canonical.digest([trace.model_dump(mode="json") for trace in found])
    return _reading(run, table, read_as=(TRACES, TRACES), digest=digest, version=version, **about)


def _evidence_runs(registry: Registry, version: ModelVersion) -> tuple[RunSnapshot, ...]:
    if version.logged_model is None:
        raise NotFound(f"{version.uri} leads back to no logged model, so no run can name it.", code="no-logged-model")
    return registry.evidence_runs(experiment_id=version.logged_model.experiment_id)


def _evaluates(run: RunSnapshot, version: ModelVersion) -> bool:
    logged = version.logged_model
    return logged is not None and logged.model_id in run.model_inputs and run.status == FINISHED


def _read(registry: Registry, run: RunSnapshot, **about: Any) -> Reading:
    path = run.tags.get(tags.TABLE, TABLE)
    if path == TRACES:
        found = registry.traces(experiment_id=run.experiment_id, run_id=run.run_id)
        return reading_of_traces(run, found, **about)
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        registry.fetch(uri=run.artifact_uri, path=path, into=file, limit=MOST_BYTES)
        with memory.limited(settings.READING_BYTES):
            return reading_of(run, file, **about)


def _reading(
    run: RunSnapshot,
    table: Table,
    *,
    read_as: tuple[str, str],
    digest: str,
    system: AISystem,
    version: ModelVersion,
    specification: SpecificationVersion,
) -> Reading:
    text = run.tags.get(tags.MAPPING, "")
    declared = mapping.read(text) if text.strip() else mapping.plain(table)
    asked, numbers = columns_asked(specification)
    mapped = mapping.cases(table, declared, asked=asked, numbers=numbers, metrics=metrics_asked(specification))
    origin = Origin(
        run_id=run.run_id,
        level=run.tags[tags.EVIDENCE],
        evaluator=run.user_id or run.tags.get("mlflow.user", ""),
        evaluated_at=datetime.fromtimestamp((run.start_time or 0) / 1000, tz=UTC),
        datasets=[
            {"name": used.dataset.name, "digest": used.dataset.digest, "context": used.context}
            for used in run.dataset_inputs
        ],
        table_digest=digest,
        claimed=_claims(run, mapped),
        file=mapping.on_record(declared, mapped, name=read_as[0], form=read_as[1], is_kept=False),
    )
    return recomputed(mapped, origin, system=system, version=version, specification=specification)


def _claims(run: RunSnapshot, mapped: Mapped) -> dict[str, str]:
    """What a run says of itself, as metrics and in the file that it logged."""
    figures = {name.removesuffix(MEAN): str(figure) for name, figure in run.metrics.items()}
    return {**mapped.claims, **figures}
