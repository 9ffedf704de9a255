"""What a real MLflow server told of a version, in every format."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from prov.model import ProvDocument

from governance.exports.extract import Extract
from governance.exports.formats import FORMATS
from governance.exports.things import from_graph, from_snapshot, version_of
from lineage import selectors, sync
from lineage.digests import manifest_from
from lineage.models import ModelVersion
from tests.governance.exports import reading
from tests.governance.exports.extracts import extract

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]


@pytest.fixture
def version(somebody, server, later) -> ModelVersion:
    return sync.register_version(server=server, name=somebody.model, version="1", at=later())


@pytest.fixture(params=["mirrored", "pinned"])
def told(version: ModelVersion, request: pytest.FixtureRequest) -> Extract:
    """The version as the mirror has it, and as a candidate pins it."""
    pinned = selectors.snapshot(version)
    about = version_of(pinned)
    shown = from_graph(selectors.lineage_graph(version), server="main")
    lineage = shown if request.param == "mirrored" else from_snapshot(pinned)
    return extract(about, lineage, files={about.place: manifest_from(pinned["files"]["manifest"]).files})


def test_the_readers_of_each_format_accept_it_and_nothing_is_lost(told: Extract, trained) -> None:
    document = ProvDocument.deserialize(content=FORMATS["prov"].write(told).decode(), format="json")
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(FORMATS["cyclonedx"].write(told).decode()) is None
    for event in json.loads(FORMATS["openlineage"].write(told)):
        reading.read(event)
    labels = {str(record.label) for record in document.get_records()}
    assert {"search", "good", "visits-train", "c0ffee", "MLmodel"} <= labels


def test_the_registration_was_observed_and_the_training_asserted(told: Extract) -> None:
    bom = json.loads(FORMATS["cyclonedx"].write(told))
    model = bom["metadata"]["component"]
    came_of = [row["value"] for row in model["properties"] if row["name"] == "edgewise:came-of"]
    assert [said.split()[0::2] for said in came_of] == [["registered-as", "observed"]]
    assert {"uid": "c0ffee"} in model["pedigree"]["commits"]
    assert [ref["ref"].split("/")[0] for ref in model["modelCard"]["modelParameters"]["datasets"]] == ["dataset"]
    runs = {run["name"]: run for run in bom["formulation"][0]["workflows"]}
    assert {row["name"]: row["value"] for row in runs["good"]["properties"]}["edgewise:basis"] == "asserted"
