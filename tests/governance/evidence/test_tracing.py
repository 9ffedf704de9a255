"""Walking the lineage from a dataset, run or commit, as far as its reader may see it."""

from __future__ import annotations

import pytest

from governance.errors import Invalid, NotFound
from governance.evidence import tracing
from governance.systems import services as systems
from lineage.models import Dataset, LoggedModel, Run, RunInput, RunModel
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db
SECRET = "secret-model"


@pytest.fixture
def world(world: World) -> World:
    """Versions 1 and 2 were trained on `visits`, at the same commit; so was one of a model that serves a system which
    hardly anybody may see."""
    by, owner = world.people.administrator, world.people.board
    systems.create_system(key="hidden", name="Hidden", purpose="Nobody's business.", owner=owner, by=by, at=world.now)
    systems.connect_model(system_key="hidden", server_key="main", name=SECRET, by=by, at=world.now)
    first = world.mirror("1")
    mirror.trained_on(first, name="visits", digest="abc")
    dataset = Dataset.objects.get(name="visits")
    for other in (world.mirror("2"), mirror.version("7", at=world.now, model=SECRET)):
        RunInput.objects.create(run=other.run, dataset=dataset, context="training")
    Run.objects.update(git_commit="c0ffee1234")
    return world


def labels(traced: tracing.Traced) -> set[str]:
    return {node.label for node in traced.graph.nodes}


@pytest.mark.parametrize("word", ["visits", "dataset:visits", "abc"])
def test_what_came_of_a_dataset_is_found_by_name_or_digest(world: World, word: str) -> None:
    found = tracing.downstream(word, by=world.people.auditor)
    assert {"models:/outreach-model/1", "models:/outreach-model/2"} <= labels(found)


def test_what_belongs_to_a_hidden_system_is_counted_and_not_named(world: World) -> None:
    found = tracing.downstream("visits", by=world.people.auditor)
    assert not {label for label in labels(found) if SECRET in label}
    assert found.withheld == {"run": 1, "logged-model": 1, "version": 1}
    assert f"models:/{SECRET}/7" in labels(tracing.downstream("visits", by=world.people.administrator))


def test_a_commit_stands_for_its_runs_by_the_first_seven_digits(world: World) -> None:
    found = tracing.downstream("commit:c0ffee1", by=world.people.auditor)
    assert {node.label for node in found.starts} == {"train-1", "train-2"}


@pytest.mark.parametrize("word", [f"train-{SECRET}-7", f"models:/{SECRET}/7", "nothing", "commit:c0ffee"])
def test_what_is_hidden_is_as_little_found_as_what_is_not_there(world: World, word: str) -> None:
    with pytest.raises(NotFound, match="that you may see"):
        tracing.upstream(word, by=world.people.auditor)


def test_nothing_is_no_name(world: World) -> None:
    with pytest.raises(Invalid):
        tracing.upstream("  ", by=world.people.auditor)


def test_the_ways_from_a_dataset_to_a_version_are_spelled_out(world: World) -> None:
    found = tracing.between("visits", "models:/outreach-model/1", by=world.people.auditor)
    assert labels(found) == {"visits", "train-1", "m-1", "models:/outreach-model/1"}
    assert [way[0].split("-")[0] for way in found.ways] == ["dataset"]


def test_there_may_be_no_way(world: World) -> None:
    found = tracing.between("models:/outreach-model/2", "models:/outreach-model/1", by=world.people.auditor)
    assert (found.ways, found.graph.nodes) == ((), ())


def test_two_versions_share_their_dataset(world: World) -> None:
    found = tracing.common("models:/outreach-model/1", "models:/outreach-model/2", by=world.people.auditor)
    assert labels(found) == {"visits"}
    assert [node.label for node in found.nearest] == ["visits"]


def test_a_run_that_evaluated_a_version_may_be_seen_with_its_dataset(world: World) -> None:
    run = Run.objects.create(server=mirror.server(), run_id="judged", first_seen_at=world.now)
    RunModel.objects.create(run=run, logged_model=LoggedModel.objects.get(model_id="m-1"), role="input")
    held_out = Dataset.objects.create(
        server=mirror.server(), fingerprint="f", name="held-out", digest="d", first_seen_at=world.now
    )
    RunInput.objects.create(run=run, dataset=held_out, context="eval")
    assert labels(tracing.downstream("held-out", by=world.people.auditor)) == {"held-out", "judged"}
    assert {"held-out", "judged", "m-1", "train-1"} <= labels(tracing.upstream("run:judged", by=world.people.auditor))
