from __future__ import annotations

import pytest

from governance import canonical
from governance.errors import NotFound
from lineage import selectors, sync
from lineage.graph import Node
from lineage.models import Dataset, LoggedModel, ModelVersion, Run
from lineage.walking import reached

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]


@pytest.fixture
def version(somebody, server, later):
    return sync.register_version(server=server, name=somebody.model, version="1", at=later())


def came_from(version: ModelVersion) -> tuple[Node, ...]:
    return selectors.nodes_in_order(selectors.above(version))


def references(nodes) -> set[str]:
    return {node.reference if node.kind != "dataset" else node.label for node in nodes}


def test_upstream_reaches_the_parent_run_and_the_training_data(version, trained):
    found = references(came_from(version))
    assert {trained["good"], trained["good_run"], trained["parent"], "visits-train"} <= found
    assert "visits-test" not in found


def test_downstream_of_the_training_data_reaches_the_version(version, trained):
    start = ("dataset", Dataset.objects.get(name="visits-train").pk)
    found = selectors.nodes_in_order(reached([start], up=False))
    assert ("version", version.pk) in {(node.kind, node.key) for node in found}
    assert trained["evaluation"] in references(found)


def test_a_cycle_of_parents_ends(version, trained):
    Run.objects.filter(run_id=trained["parent"]).update(parent_run_id=trained["good_run"])
    found = came_from(version)
    assert len(found) == len({node.id for node in found})


def test_the_graph_shows_the_evaluation_and_what_is_only_asserted(version, trained):
    graph = selectors.lineage_graph(version)
    assert {trained["evaluation"], "visits-test"} <= references(graph.nodes)
    asserted = {edge.kind: edge.asserted for edge in graph.edges}
    assert asserted == {"used": True, "parent-of": True, "produced": True, "registered-as": False}
    layer = {node["reference"]: node["layer"] for node in graph.as_dict()["nodes"]}
    assert layer[trained["parent"]] < layer[trained["good_run"]] < layer[trained["good"]]


def test_the_snapshot_is_canonical_and_the_same_when_read_again(version, server, later):
    before = canonical.digest(selectors.snapshot(version))
    again = sync.register_version(server=server, name=version.name, version="1", at=later())
    assert canonical.digest(selectors.snapshot(again)) == before
    assert selectors.snapshot(again)["files"]["digest"] == version.digest


def test_a_version_is_found_by_its_digest(version):
    assert version in selectors.by_digest(digest=version.digest)
    assert not selectors.by_digest(digest="0" * 64).exists()


def test_what_was_live_at_a_time_is_what_was_seen_then(somebody, server, later):
    somebody.move_alias("live", "1")
    sync.synchronise(server=server, models=[somebody.model], at=(first := later()))
    somebody.move_alias("live", somebody.create_version("bad"))
    sync.synchronise(server=server, models=[somebody.model], at=(second := later()))
    asked = {"server": server, "model": somebody.model, "alias": "live"}
    assert selectors.alias_as_of(**asked, at=first).version == "1"
    assert selectors.alias_as_of(**asked, at=second).version == "2"


def test_an_unknown_version_is_not_found_with_the_remedy(server):
    with pytest.raises(NotFound, match="Register it, or synchronise"):
        selectors.version(server=server, name="nothing", version="1")


def test_an_unknown_server_is_not_found():
    with pytest.raises(NotFound, match="no tracking server nowhere"):
        selectors.server(key="nowhere")


def test_the_end_of_a_parent_run_leaves_the_snapshot_as_it_was(version, trained):
    before = canonical.digest(selectors.snapshot(version))
    Run.objects.filter(run_id=trained["parent"]).update(status="RUNNING", ended_at=None)
    assert canonical.digest(selectors.snapshot(version)) == before


def test_the_snapshot_names_no_user_and_no_path_but_the_commit_and_the_digests_of_the_data(version, trained):
    """It stands in an append-only record and in every bundle, where no name could be erased."""
    Run.objects.update(
        user="Grace Hopper", source_name="/home/grace/train.py", git_repository="https://git/grace/triage"
    )
    Dataset.objects.update(source='{"tags": {"mlflow.user": "grace"}}')
    ModelVersion.objects.update(source="/home/grace/model")
    LoggedModel.objects.update(artifact_uri="file:///home/grace/mlruns/model")
    text = canonical.encode(selectors.snapshot(version)).decode()
    assert "grace" not in text.lower()
    assert '"code":"c0ffee"' in text
    assert Dataset.objects.get(name="visits-train").digest in text
    shown = {label: said for node in came_from(version) for label, said in node.details}
    assert shown["by (as the client says)"] == "Grace Hopper"
