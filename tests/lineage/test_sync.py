from __future__ import annotations

import threading

import pytest
from django.db import connections

from lineage import selectors, sync
from lineage.errors import RegistryUnavailable, SynchronisationRunning
from lineage.models import (
    AliasChange,
    Dataset,
    LoggedModel,
    ModelDigest,
    ModelVersion,
    RegisteredModel,
    Run,
    RunInput,
    RunModel,
    SyncReport,
)

pytestmark = pytest.mark.xdist_group("mlflow")
MIRROR = (RegisteredModel, ModelVersion, Run, RunInput, RunModel, Dataset, LoggedModel, ModelDigest, AliasChange)


def rows() -> dict[str, int]:
    return {kind.__name__: kind.objects.count() for kind in MIRROR}


@pytest.mark.django_db
def test_a_second_synchronisation_finds_nothing_new(somebody, server, later):
    first = sync.synchronise(server=server, models=[somebody.model], at=later())
    before = rows()
    second = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert [version.uri for version in first.new_versions] == [f"models:/{somebody.model}/1"]
    assert set(second.counts().values()) == {0}
    assert rows() == before
    assert second.report.outcome == SyncReport.Outcome.SUCCEEDED


@pytest.mark.django_db
def test_a_new_version_arrives_with_lineage_and_digest(somebody, server, trained, later):
    (version,) = sync.synchronise(server=server, models=[somebody.model], at=later()).new_versions
    assert version.run.run_id == trained["good_run"]
    assert version.run.parent_run_id == trained["parent"]
    assert version.run.git_commit == "c0ffee"
    assert version.run.inputs.get().context == "training"
    assert version.logged_model.model_id == trained["good"]
    assert len(version.digest) == 64
    assert [run.run_id for run in selectors.evidence_runs(version=version)] == [trained["evaluation"]]


@pytest.mark.django_db
@pytest.mark.expectation(24)
def test_a_moved_alias_is_found_with_before_and_after(somebody, server, later):
    somebody.create_version("bad")
    somebody.move_alias("live", "1")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.move_alias("live", "2")
    (move,) = sync.synchronise(server=server, models=[somebody.model], at=(at := later())).alias_moves
    assert (move.alias, move.before.version, move.after.version, move.seen_at) == ("live", "1", "2", at)
    assert selectors.alias_state(server=server, model=somebody.model)["live"].version == "2"


@pytest.mark.django_db
def test_a_removed_alias_is_a_move_to_nothing(somebody, server, later):
    somebody.move_alias("live", "1")
    first = sync.synchronise(server=server, models=[somebody.model], at=later()).alias_moves
    somebody.drop_alias("live")
    second = sync.synchronise(server=server, models=[somebody.model], at=later()).alias_moves
    assert [(move.before, move.after.version) for move in first] == [(None, "1")]
    assert [(move.before.version, move.after) for move in second] == [("1", None)]
    assert selectors.alias_state(server=server, model=somebody.model) == {}


@pytest.mark.django_db
@pytest.mark.expectation(24)
def test_a_changed_tag_is_found_with_before_and_after(somebody, server, later):
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.tag_version("1", "approved", "yes")
    added = sync.synchronise(server=server, models=[somebody.model], at=later()).tag_changes
    somebody.tag_version("1", "approved", "no")
    changed = sync.synchronise(server=server, models=[somebody.model], at=later()).tag_changes
    assert [(change.key, change.before, change.after) for change in added] == [("approved", None, "yes")]
    assert [(change.key, change.before, change.after) for change in changed] == [("approved", "yes", "no")]


@pytest.mark.django_db
def test_a_name_created_again_is_another_thing(somebody, server, later):
    somebody.move_alias("live", "1")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    former = selectors.version(server=server, name=somebody.model, version="1")
    somebody.delete_model()
    somebody.create_model()
    somebody.create_version("bad")
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    (again,) = facts.new_versions
    assert again.uri == former.uri
    assert again.pk != former.pk
    assert again.digest != former.digest
    assert facts.vanished_versions == (former,)
    assert [(move.alias, move.before, move.after) for move in facts.alias_moves] == [("live", former, None)]


@pytest.mark.django_db
def test_a_deleted_version_vanishes_and_stays_on_record(somebody, server, later):
    somebody.create_version("bad")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.delete_version("1")
    facts = sync.synchronise(server=server, models=[somebody.model], at=(at := later()))
    (gone,) = facts.vanished_versions
    assert (gone.version, gone.vanished_at) == ("1", at)
    assert gone.digest
    assert sync.synchronise(server=server, models=[somebody.model], at=later()).vanished_versions == ()


@pytest.mark.django_db
def test_a_deleted_model_vanishes_with_its_versions_and_aliases(somebody, server, later):
    somebody.move_alias("live", "1")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.delete_model()
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert [model.name for model in facts.vanished_models] == [somebody.model]
    assert len(facts.vanished_versions) == 1
    assert [move.after for move in facts.alias_moves] == [None]


@pytest.mark.django_db
def test_a_version_tagged_as_a_prompt_hides_nothing(somebody, server, later):
    somebody.create_version("bad")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.tag_version("1", "mlflow.prompt.is_prompt", "true")
    third = somebody.create_version("good")
    fourth = somebody.create_version("bad")
    somebody.move_alias("live", third)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert facts.vanished_versions == ()
    assert facts.hidden == (f"models:/{somebody.model}/1",)
    assert [version.version for version in facts.new_versions] == [third, fourth]
    assert [move.after.version for move in facts.alias_moves] == [third]


@pytest.mark.django_db
def test_a_model_tagged_as_a_prompt_hides_nothing(somebody, server, later):
    sync.synchronise(server=server, models=[somebody.model], at=later())
    somebody.tag_model("mlflow.prompt.is_prompt", "true")
    facts = sync.synchronise(server=server, at=later())
    assert facts.vanished_models == ()
    assert facts.hidden == (f"models:/{somebody.model}",)


@pytest.mark.django_db
def test_a_model_hidden_from_the_start_is_found(somebody, server, later):
    somebody.tag_model("mlflow.prompt.is_prompt", "true")
    facts = sync.synchronise(server=server, at=later())
    assert f"models:/{somebody.model}/1" in [version.uri for version in facts.new_versions]


@pytest.mark.django_db
def test_a_copy_knows_its_origin(somebody, server, later):
    number = somebody.create_version(source=f"models:/{somebody.model}/1")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    copy = selectors.version(server=server, name=somebody.model, version=number)
    assert copy.copied_from == selectors.version(server=server, name=somebody.model, version="1")
    assert copy.digest == copy.copied_from.digest
    copied = [edge for edge in selectors.lineage_graph(copy).edges if edge.kind == "copied-to"]
    assert [edge.asserted for edge in copied] == [False]


@pytest.mark.django_db
def test_files_elsewhere_are_named_as_a_problem_and_stop_nothing(somebody, server, later):
    number = somebody.create_version(source="s3://somewhere/else", run_id="f" * 32)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert len(facts.new_versions) == 2
    (problem,) = facts.problems
    assert problem["what"] == f"models:/{somebody.model}/{number}"
    assert "--artifacts-destination" in problem["message"]
    assert selectors.version(server=server, name=somebody.model, version=number).run is None


@pytest.mark.django_db
def test_a_hostile_path_among_the_files_is_a_problem_of_that_version_alone(somebody, server, later):
    model_id = somebody.log_model_files({"MLmodel": b"flavors: {}\n", "a%5Cb": b"x"})
    number = somebody.create_version(model_id)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert [(problem["what"], problem["code"]) for problem in facts.problems] == [
        (f"models:/{somebody.model}/{number}", "hostile-path")
    ]
    assert selectors.version(server=server, name=somebody.model, version="1").digest


@pytest.mark.django_db
def test_a_run_with_endless_names_is_read_all_the_same(somebody, server, trained, later):
    run_id = somebody.start_run("x" * 5000, user="y" * 5000)
    somebody.create_version("bad", run_id=run_id)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert facts.problems == ()
    assert facts.new_versions[-1].run.name == "x" * 500


@pytest.mark.django_db
def test_an_interrupted_synchronisation_hands_its_facts_to_the_next(somebody, server, later):
    somebody.move_alias("live", "1")

    class Killed(BaseException):
        pass

    def die_before_hashing(_: int, what: str) -> None:
        if what.startswith("hashing"):
            raise Killed

    with pytest.raises(Killed):
        sync.synchronise(server=server, models=[somebody.model], at=later(), progress=die_before_hashing)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    interrupted = SyncReport.objects.get(carried_into=facts.report)
    assert interrupted.outcome == SyncReport.Outcome.INTERRUPTED
    assert [version.version for version in facts.new_versions] == ["1"]
    assert facts.new_versions[0].digest
    assert [move.alias for move in facts.alias_moves] == ["live"]
    assert set(sync.synchronise(server=server, models=[somebody.model], at=later()).counts().values()) == {0}


def test_two_synchronisations_at_once_do_the_work_once(somebody, mlflow_url, committed_db, later):
    server = sync.connect(key="main", url=mlflow_url)
    reading, go_on = threading.Event(), threading.Event()

    def hold(_: int, what: str) -> None:
        reading.set()
        go_on.wait(30)

    def first() -> None:
        try:
            sync.synchronise(server=server, models=[somebody.model], at=start, progress=hold)
        finally:
            connections.close_all()

    start = later()
    thread = threading.Thread(target=first)
    thread.start()
    assert reading.wait(30)
    with pytest.raises(SynchronisationRunning):
        sync.synchronise(server=server, models=[somebody.model], at=later())
    sync.register_version(server=server, name=somebody.model, version="1", at=later())
    go_on.set()
    thread.join(60)
    assert SyncReport.objects.get().outcome == SyncReport.Outcome.SUCCEEDED
    assert ModelVersion.objects.count() == ModelDigest.objects.count() == 1


@pytest.mark.django_db
def test_an_unreachable_server_is_said_to_be_and_loses_nothing(somebody, server, later):
    sync.synchronise(server=server, models=[somebody.model], at=(good := later()))
    address, server.url = server.url, "http://127.0.0.1:1"
    with pytest.raises(RegistryUnavailable, match="cannot be reached"):
        sync.synchronise(server=server, models=[somebody.model], at=later())
    server.refresh_from_db(fields=["state", "last_error", "last_synchronised_at"])
    assert (server.state, server.last_synchronised_at) == ("unreachable", good)
    assert "127.0.0.1:1" in server.last_error
    server.url = address
    sync.synchronise(server=server, models=[somebody.model], at=later(), is_whole=False)
    assert "127.0.0.1:1" in server.last_error, "one model that a hint named says nothing of the others"
    assert server.last_synchronised_at == good
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert facts.vanished_versions == ()
    assert server.state == "reachable"
