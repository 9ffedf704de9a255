"""Rows of the mirror as nodes of the lineage's graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat

from lineage import tags
from lineage.graph import DIGEST, Node
from lineage.models import Dataset, Experiment, LoggedModel, ModelDigest, ModelVersion, Run, RunInput, RunModel
from lineage.snapshots import PROMPT_TEXT

BASE_MODEL = "base model (as the client says)"
MADE_FROM = "made from (as its MLmodel file says)"
EVALUATION = "eval"
"""How the client's word begins for a dataset that a run evaluated on."""
BEGINS = 200
"""How many letters of a prompt's text are shown."""


def nodes_of(keys: Iterable[tuple[str, int]], *, as_of: datetime | None = None) -> Iterator[Node]:
    """Yield the node of each (kind, row id), with one query for each kind. With `as_of` the digests are those that
    Edgewise had computed by then; what MLflow said is kept as it is now."""
    wanted: dict[str, list[int]] = {}
    for kind, key in keys:
        wanted.setdefault(kind, []).append(key)
    for kind, ids in wanted.items():
        model, node = _KINDS[kind]
        rows = _versions(as_of) if model is ModelVersion else _runs() if model is Run else model.objects.all()
        for row in rows.filter(pk__in=ids).iterator():
            yield node(row)


def _dataset(row: Dataset) -> Node:
    details = {"MLflow digest": row.digest, "source": row.source, "kind of source": row.source_type}
    return Node("dataset", row.pk, row.fingerprint, row.name, _pairs(details))


def _run(row: Any) -> Node:
    details = {
        "status": row.status,
        "experiment": row.experiment or "",
        "evaluation": _evaluation(row),
        BASE_MODEL: row.tags.get(tags.BASE, "")[:BEGINS],
        "by (as the client says)": row.user,
        "started": row.started_at.isoformat() if row.started_at else "",
        "ended": row.ended_at.isoformat() if row.ended_at else "",
        "code": row.git_commit,
        "repository": row.git_repository,
        "script": row.source_name,
    }
    return Node("run", row.pk, row.run_id, row.name or row.run_id, _pairs(details), row.vanished_at is not None)


def _logged_model(row: LoggedModel) -> Node:
    details = {"files": row.artifact_uri, "type": row.model_type, "elsewhere": "yes" if row.is_external else ""}
    gone = row.vanished_at is not None
    return Node("logged-model", row.pk, row.model_id, row.name or row.model_id, _pairs(details), gone)


def _version(row: Any) -> Node:
    details = {DIGEST: row.shown_digest or "", "source": row.source, "status": row.status, MADE_FROM: row.made_from}
    reference = f"{row.name}/{row.version}/{row.created_ms}"
    return Node("version", row.pk, reference, row.uri, _pairs(details), row.vanished_at is not None)


def _prompt(row: Any) -> Node:
    text = row.tags.get(PROMPT_TEXT, "")
    details = {
        DIGEST: sha256(text.encode()).hexdigest(),
        "begins": text[:BEGINS] + ("…" if len(text) > BEGINS else ""),
        "description": row.description[:BEGINS],
    }
    reference = f"{row.name}/{row.version}/{row.created_ms}"
    return Node("prompt", row.pk, reference, row.uri, _pairs(details), row.vanished_at is not None)


def _pairs(details: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in details.items() if text)


def _evaluation(row: Any) -> str:
    """Return what tells a run to be an evaluation: our own tag, those that MLflow's evaluations leave behind, or that
    it used a model together with data for evaluation."""
    if tags.EVIDENCE in row.tags:
        return f"evidence at level {row.tags[tags.EVIDENCE]}"[:BEGINS]
    if row.tags.get("mlflow.runType") == "genai_evaluate":
        return "by mlflow.genai.evaluate"
    if "mlflow.datasets" in row.tags:
        return "by mlflow.models.evaluate"
    return "of a model on data for evaluation" if row.used_model and row.used_data else ""


def _runs() -> QuerySet[Run]:
    models = RunModel.objects.filter(run=OuterRef("pk"), role=RunModel.Role.INPUT)
    data = RunInput.objects.filter(run=OuterRef("pk"), context__istartswith=EVALUATION)
    found = Experiment.objects.filter(server=OuterRef("server"), experiment_id=OuterRef("experiment_id"))
    deleted = Case(When(stage="deleted", then=Value(" (deleted)")), default=Value(""))
    named = Subquery(found.values_list(Concat("name", deleted))[:1])
    return Run.objects.annotate(experiment=named, used_model=Exists(models), used_data=Exists(data))


def _versions(as_of: datetime | None) -> QuerySet[ModelVersion]:
    digests = ModelDigest.objects.filter(version=OuterRef("pk")).order_by("-pk")
    known = digests if as_of is None else digests.filter(computed_at__lte=as_of)
    rows = ModelVersion.objects.select_related("registered_model")
    return rows.annotate(shown_digest=Subquery(known.values("digest")[:1]))


_KINDS: dict[str, tuple[Any, Callable[[Any], Node]]] = {
    "dataset": (Dataset, _dataset),
    "run": (Run, _run),
    "logged-model": (LoggedModel, _logged_model),
    "version": (ModelVersion, _version),
    "prompt": (ModelVersion, _prompt),
}
