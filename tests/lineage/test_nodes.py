from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lineage.models import Dataset, LoggedModel, Run, RunInput, RunModel
from lineage.nodes import nodes_of
from tests.factories import mirror

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "context", "uses_model", "told"),
    [
        ({"edgewise.evidence": "response"}, "", False, "evidence at level response"),
        ({"mlflow.runType": "genai_evaluate"}, "", False, "by mlflow.genai.evaluate"),
        ({"mlflow.datasets": "[]"}, "", False, "by mlflow.models.evaluate"),
        ({}, "Evaluation", True, "of a model on data for evaluation"),
        ({}, "evaluation", False, None),
        ({}, "training", True, None),
    ],
    ids=["ours", "genai", "models", "by what it used", "without a model", "training"],
)
def test_an_evaluation_is_told_by_its_tags_or_by_what_it_used(
    tags: dict[str, str], context: str, uses_model: bool, told: str | None
) -> None:
    server = mirror.server()
    run = Run.objects.create(server=server, run_id="r", tags=tags, first_seen_at=AT)
    if context:
        data = Dataset.objects.create(server=server, fingerprint="f", name="visits", first_seen_at=AT)
        RunInput.objects.create(run=run, dataset=data, context=context)
    if uses_model:
        model = LoggedModel.objects.create(server=server, model_id="m-1", first_seen_at=AT)
        RunModel.objects.create(run=run, logged_model=model, role="input")
    (node,) = nodes_of([("run", run.pk)])
    assert dict(node.details).get("evaluation") == told
