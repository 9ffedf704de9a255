"""The lineage of a model version."""

from __future__ import annotations

from datetime import datetime

import pytest

from lineage.models import Dataset, ModelVersion, RegisteredModel, Run, RunInput, RunModel
from tests.api.asking import Asking
from tests.api.graphql.querying import ask, codes, found
from tests.factories import mirror
from tests.factories.world import World

LINEAGE = """
query Lineage($model: Reference!) {
  modelVersion(system: "outreach", model: $model) {
    uri
    lineage { nodes { kind label details { label text } } edges { from to kind asserted verified } }
    upstream { kind label }
    downstream { kind label }
  }
}
"""


@pytest.fixture
def version(world: World) -> ModelVersion:
    """A version trained on one dataset and evaluated on another, with its files where the logged model's are."""
    found = world.mirror()
    assert found.run is not None
    assert found.logged_model is not None
    used(found.run, "trained-on", at=world.now)
    evaluation = Run.objects.create(server=found.server, run_id="evaluation", first_seen_at=world.now)
    RunModel.objects.create(run=evaluation, logged_model=found.logged_model, role="input")
    used(evaluation, "evaluated-on", at=world.now)
    found.artifact_uri = found.logged_model.artifact_uri = "mlflow-artifacts:/1/models/m-1"
    found.save(update_fields=["artifact_uri"])
    found.logged_model.save(update_fields=["artifact_uri"])
    return found


def used(run: Run, name: str, *, at: datetime) -> None:
    """Let a run have used a dataset."""
    dataset = Dataset.objects.create(
        server=run.server, fingerprint=name.ljust(64, "0"), name=name, digest="1a2b", first_seen_at=at
    )
    RunInput.objects.create(run=run, dataset=dataset, context="training")


def copied(version: ModelVersion, *, to: str, at: datetime) -> ModelVersion:
    """Let a version have been copied to another registered model."""
    model = RegisteredModel.objects.create(server=version.server, name=to, created_ms=2, first_seen_at=at)
    return ModelVersion.objects.create(
        registered_model=model, version="1", created_ms=3, copied_from=version, first_seen_at=at
    )


def test_a_version_shows_what_it_came_from_and_what_evaluated_it(asking: Asking, version: ModelVersion) -> None:
    shown = found(asking, "auditor", LINEAGE, model=version.uri)["modelVersion"]
    labels = {node["label"] for node in shown["lineage"]["nodes"]}
    assert labels == {"trained-on", "train-1", "m-1", "models:/outreach-model/1", "evaluation", "evaluated-on"}
    assert {node["label"] for node in shown["upstream"]} == labels - {"evaluation", "evaluated-on"}
    assert shown["downstream"] == [{"kind": "version", "label": version.uri}]


def test_what_only_a_client_said_is_told_apart_from_what_edgewise_saw(asking: Asking, version: ModelVersion) -> None:
    edges = found(asking, "auditor", LINEAGE, model=version.uri)["modelVersion"]["lineage"]["edges"]
    verified = {(edge["kind"], edge["verified"]) for edge in edges}
    assert verified == {("registered-as", True), ("produced", False), ("used", False)}
    assert all(edge["asserted"] != edge["verified"] for edge in edges)


def test_copies_are_shown_as_far_as_their_systems_are(asking: Asking, world: World, version: ModelVersion) -> None:
    copied(version, to="of-nobody-here", at=world.tick())
    shown = found(asking, "auditor", LINEAGE, model=version.uri)["modelVersion"]["downstream"]
    assert [node["label"] for node in shown] == [version.uri, "withheld"]
    own = ModelVersion.objects.create(
        registered_model=version.registered_model,
        version="9",
        created_ms=4,
        copied_from=version,
        first_seen_at=world.now,
    )
    shown = found(asking, "auditor", LINEAGE, model=version.uri)["modelVersion"]["downstream"]
    assert [node["label"] for node in shown] == [version.uri, "withheld", own.uri]


@pytest.mark.parametrize(
    ("model", "code"),
    [("models:/outreach-model/7", "not-found"), ("models:/other/1", "model-unconnected")],
)
def test_a_version_that_is_not_there_is_null_with_a_code(asking: Asking, world: World, model: str, code: str) -> None:
    mirror.server()
    answer = ask(asking, "auditor", LINEAGE, model=model)
    assert answer["data"] == {"modelVersion": None}
    assert codes(answer) == [code]
