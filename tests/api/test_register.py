"""Registration over REST, against a real MLflow server."""

from __future__ import annotations

import pytest

from governance.specs.models import SpecificationVersion
from lineage import sync
from tests.api.asking import Asking
from tests.factories.world import World
from tests.lineage.somebody import Somebody
from tests.tracking import add_version

pytestmark = pytest.mark.xdist_group("mlflow")
PLACE = "systems/outreach/checkpoints"


@pytest.fixture
def model(world: World, outreach: Somebody, mlflow_url: str) -> str:
    """The address of a version on the real server, whose model serves the system."""
    sync.connect(key="main", url=mlflow_url)
    return f"models:/outreach-model/{add_version(outreach)}"


@pytest.mark.expectation(22)
def test_one_call_registers_a_version_and_repeating_it_changes_nothing(asking: Asking, model: str) -> None:
    first, again = (asking.post("engineer", PLACE, {"model": model}) for _ in range(2))
    assert first.status_code == 201, first.content.decode()
    assert again.json() == first.json()
    assert len(first.json()["digest"]) == 64
    nodes = asking.get("board", "systems/outreach/lineage", model=model).json()["nodes"]
    assert {"version", "run"} <= {node["kind"] for node in nodes}


def test_registering_under_a_key_gives_the_remembered_answer(asking: Asking, model: str) -> None:
    first, again = (asking.post("engineer", PLACE, {"model": model}, key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"


def test_nobody_without_the_permission_makes_edgewise_ask_mlflow(asking: Asking, model: str) -> None:
    response = asking.post("board", PLACE, {"model": model})
    assert (response.status_code, response.json()["code"]) == (403, "not-permitted")


def test_a_version_that_mlflow_does_not_have_is_not_found(asking: Asking, model: str) -> None:
    response = asking.post("engineer", PLACE, {"model": "models:/outreach-model/99"})
    assert (response.status_code, response.json()["code"]) == (404, "registry-missing")


def test_evidence_is_asked_for_where_there_is_none_yet(
    asking: Asking, model: str, specification: SpecificationVersion
) -> None:
    assert asking.post("engineer", PLACE, {"model": model}).status_code == 201
    response = asking.post("engineer", "systems/outreach/evidence", {"model": model})
    assert response["Content-Type"] == "application/problem+json"
    assert "edgewise.evidence" in response.content.decode()
