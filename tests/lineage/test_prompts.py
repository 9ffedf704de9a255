"""Prompts, and what training began with, on a real MLflow: rows with a history, and links to what used them."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from governance.errors import Invalid
from lineage import flavours, linked, reading, selectors, sync
from lineage.completeness import Named, links_of
from lineage.graph import DIGEST
from lineage.mirror import Mirror
from lineage.models import ModelVersion, RegisteredModel, StateChange
from lineage.walking import reached
from tests.lineage.somebody import Somebody

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]
PROMPTING = Path(__file__).with_name("prompting.py")
TEXT = "Shall {{person}} be called?"


@pytest.fixture
def prompt(somebody: Somebody) -> Iterator[Somebody]:
    """Somebody with a prompt of one version."""
    person = replace(somebody, model=f"prompt-{uuid.uuid4().hex[:8]}")
    person.create_prompt(TEXT)
    yield person
    if person.has_model():
        person.delete_model()


@pytest.fixture
def using(somebody: Somebody) -> Callable[[list[dict[str, str]] | str], str]:
    """Have a run use what its tag names, and register the model that the run made; returns the run's id."""

    def use(said: list[dict[str, str]] | str, tag: str = linked.PROMPTS) -> str:
        run_id = somebody.start_run("prompted", user="engineer")
        somebody.tag_run(run_id, {tag: said if isinstance(said, str) else json.dumps(said)})
        somebody.create_version("good", run_id=run_id)
        return run_id

    return use


def names(prompt: Somebody, version: str = "1") -> list[dict[str, str]]:
    return [{"name": prompt.model, "version": version}]


def labels(*versions: ModelVersion) -> set[str]:
    return {node.label for node in selectors.lineage_graph(*versions).nodes}


def _link(name: str, somebody: Somebody) -> Named:
    version = newest(somebody)
    return next(link for link in links_of(version, selectors.lineage_graph(version)) if link.link == name)


def newest(somebody: Somebody) -> ModelVersion:
    return ModelVersion.objects.filter(registered_model__name=somebody.model).order_by("pk").last()


def test_what_mlflows_own_client_loads_in_a_run_and_for_a_model_is_linked(somebody, server, later, mlflow_url, trained):
    name = f"prompt-{uuid.uuid4().hex[:8]}"
    model_id = somebody.log_model_files({"MLmodel": b"flavors: {}\n"})
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROMPTING)],
        input=f"{mlflow_url}\n{name}\n{model_id}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    run_id = json.loads(told.stdout.splitlines()[-1])["run"]
    somebody.create_version(model_id, run_id=run_id)
    sync.synchronise(server=server, models=[somebody.model], at=later())
    graph = selectors.lineage_graph(newest(somebody))
    (node,) = [node for node in graph.nodes if node.kind == "prompt"]
    assert node.label == f"prompts:/{name}/1"
    used = {edge.head.rpartition("-")[0] for edge in graph.edges if edge.tail == node.id}
    assert used == {"run", "logged-model"}
    sync.synchronise(server=server, models=[somebody.model, *selectors.prompts(server=server)], at=later())
    assert selectors.alias_state(server=server, model=name)["live"].uri == f"prompts:/{name}/2"
    replace(somebody, model=name).delete_model()


def test_a_prompt_that_a_run_used_is_a_thing_with_the_digest_of_its_text(somebody, prompt, using, server, later):
    using(names(prompt))
    sync.synchronise(server=server, models=[somebody.model], at=later())
    (node,) = [n for n in selectors.lineage_graph(newest(somebody)).nodes if n.kind == "prompt"]
    assert node.label == f"prompts:/{prompt.model}/1"
    assert dict(node.details)[DIGEST] == "5a599aed643de51d02e8b1bd40a67d08ab38b34e32072bed827285afd267621e"
    assert dict(node.details)["begins"] == TEXT


def test_what_came_of_a_prompt_is_the_version_whose_run_used_it(somebody, prompt, using, server, later):
    using(names(prompt))
    sync.synchronise(server=server, models=[somebody.model], at=later())
    row = ModelVersion.objects.get(is_prompt=True, registered_model__name=prompt.model)
    assert ("version", newest(somebody).pk) in reached([("prompt", row.pk)], up=False)


@pytest.mark.parametrize("few", [0, 20], ids=["in-bulk", "by-name"])
def test_a_known_prompt_is_read_again_with_its_tags_aliases_and_versions(
    somebody, prompt, using, server, later, monkeypatch, few
):
    monkeypatch.setattr(reading, "FEW", few)
    using(names(prompt))
    sync.synchronise(server=server, models=[somebody.model], at=later())
    prompt.tag_version("1", "team", "outreach")
    second = prompt.create_prompt("Call {{person}}?")
    prompt.move_alias("live", second)
    facts = sync.synchronise(server=server, models=[somebody.model, *selectors.prompts(server=server)], at=later())
    assert [version.uri for version in facts.new_versions] == [f"prompts:/{prompt.model}/2"]
    assert [(move.alias, move.after.version) for move in facts.alias_moves] == [("live", second)]
    assert StateChange.objects.get(version__registered_model__name=prompt.model).key == "team"
    assert facts.hidden == ()


@pytest.mark.parametrize("few", [0, 20], ids=["in-bulk", "by-name"])
def test_a_prompt_that_is_deleted_vanishes_and_one_made_again_is_another(
    somebody, prompt, using, server, later, monkeypatch, few
):
    monkeypatch.setattr(reading, "FEW", few)
    using(names(prompt))
    watched = [somebody.model, prompt.model]
    sync.synchronise(server=server, models=watched, at=later())
    prompt.delete_model()
    prompt.create_prompt("Another {{person}}?")
    sync.synchronise(server=server, models=watched, at=later())
    gone, there = RegisteredModel.objects.filter(name=prompt.model).order_by("pk")
    assert (gone.vanished_at is None, there.vanished_at) == (False, None)
    assert there.versions.get().is_prompt


def test_unchanged_prompts_are_read_without_asking_for_each(somebody, prompt, using, server, later, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 0)
    using(names(prompt))
    sync.synchronise(server=server, models=[somebody.model], at=later())
    watched = [somebody.model, *selectors.prompts(server=server)]
    sync.synchronise(server=server, models=watched, at=later())
    asked: list[str] = []
    monkeypatch.setattr(reading.Reading, "_model", lambda _, name: asked.append(name))
    facts = sync.synchronise(server=server, models=watched, at=later())
    assert (asked, set(facts.counts().values())) == ([], {0})


def test_a_model_that_hides_behind_the_tag_is_no_prompt(somebody, server, later, using):
    somebody.tag_model("mlflow.prompt.is_prompt", "true")
    somebody.tag_version("1", "mlflow.prompt.is_prompt", "true")
    using(names(somebody))
    sync.synchronise(server=server, models=[somebody.model], at=later())
    assert not ModelVersion.objects.filter(is_prompt=True).exists()
    assert f"prompts:/{somebody.model}/1" not in labels(newest(somebody))
    assert newest(somebody).digest


def test_a_version_with_files_among_those_of_a_prompt_is_found(somebody, prompt, server, later, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 0)
    prompt.create_version("good")
    prompt.create_prompt("Again?")
    sync.synchronise(server=server, models=[prompt.model], at=later())
    rows = ModelVersion.objects.filter(registered_model__name=prompt.model).order_by("version")
    assert [(row.version, row.is_prompt, bool(row.digest)) for row in rows] == [
        ("1", True, False),
        ("2", False, True),
        ("3", True, False),
    ]


def test_a_prompt_is_never_registered_as_a_model(prompt, server, later):
    with pytest.raises(Invalid, match="is a prompt, which has no files"):
        sync.register_version(server=server, name=prompt.model, version="1", at=later())


@pytest.mark.parametrize(
    "said",
    [
        "no JSON",
        "[" * 100_000,
        '{"name": "x", "version": "1"}',
        '[null, 1, {"name": 1, "version": "1"}, {"name": "x"}, {"name": "a/b", "version": "1"}]',
        '[{"name": "nobody-made-it", "version": "1"}, {"name": "\\u0000", "version": "9999999999"}]',
    ],
    ids=["no JSON", "nested", "no list", "odd entries", "unknown names"],
)
def test_a_tag_that_names_no_prompt_costs_nothing_else(somebody, server, later, using, said):
    using(said)
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert facts.problems == ()
    assert {node.kind for node in selectors.lineage_graph(newest(somebody)).nodes} >= {"run", "version"}


def test_many_names_that_nobody_made_are_not_asked_for_one_by_one(somebody, server, later, using, prompt, monkeypatch):
    many = [{"name": f"nobody-made-{number}", "version": "1"} for number in range(90)]
    using([*many, *names(prompt)])
    asked: list[str] = []
    read = Mirror.prompt_named

    def reading_prompt(mirror: Mirror, *, name: str, version: str) -> ModelVersion | None:
        asked.append(name)
        return read(mirror, name=name, version=version)

    monkeypatch.setattr(Mirror, "prompt_named", reading_prompt)
    sync.synchronise(server=server, models=[somebody.model], at=later())
    assert asked == [prompt.model]
    assert f"prompts:/{prompt.model}/1" in labels(newest(somebody))


def test_a_tag_asks_for_no_more_prompts_than_a_person_would_name():
    many = json.dumps([{"name": f"p{n}", "version": "1"} for n in range(1000)])
    assert len(linked.prompts({linked.PROMPTS: many})) == linked.MOST


def test_what_training_began_with_is_a_link_to_that_version(somebody, server, later, using):
    base = replace(somebody, model=f"base-{uuid.uuid4().hex[:8]}")
    base.create_model()
    base.create_version("bad")
    using(f"models:/{base.model}/1", "edgewise.base_model")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    graph = selectors.lineage_graph(newest(somebody))
    (edge,) = [edge for edge in graph.edges if edge.label == "base"]
    assert edge.asserted
    assert {f"models:/{base.model}/1", "bad"} <= {node.label for node in graph.nodes}
    assert _link("Base model", somebody).state == "asserted"
    base.delete_model()


def test_a_base_model_that_is_registered_elsewhere_is_told_and_no_link(somebody, server, later, using):
    using("hub:people/base-7b", "edgewise.base_model")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    link = _link("Base model", somebody)
    assert link.state == "missing"
    assert "prompted says that it began with hub:people/base-7b" in link.says


def test_training_that_began_with_itself_ends(somebody, server, later, using):
    using(f"models:/{somebody.model}/2", "edgewise.base_model")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    assert f"models:/{somebody.model}/2" in labels(newest(somebody))


def test_a_run_says_in_which_experiment_it_stands_and_that_it_is_an_evaluation(somebody, server, later):
    sync.synchronise(server=server, models=[somebody.model], at=later())
    runs = {n.label: dict(n.details) for n in selectors.lineage_graph(newest(somebody)).nodes if n.kind == "run"}
    assert {details["experiment"] for details in runs.values()} == {"people"}
    assert runs["evaluation"]["evaluation"] == "evidence at level response"
    assert "evaluation" not in runs["good"]


def test_what_its_mlmodel_file_says_a_model_was_made_from_is_told(somebody, server, later):
    said = b"flavors:\n  transformers: {source_model_name: people/base-7b, source_model_revision: 1f3d}\n"
    somebody.create_version(somebody.log_model_files({"MLmodel": said}), run_id="")
    sync.synchronise(server=server, models=[somebody.model], at=later())
    link = _link("Base model", somebody)
    assert (link.state, link.says) == ("asserted", "people/base-7b@1f3d, as its MLmodel file says.")


@pytest.mark.parametrize(
    "content",
    ["", "\xff", "flavors: [", "[1]", "flavors: {x: 1}", "{" * 500, "a: &a [*a]", "x" * flavours.LARGEST],
    ids=["empty", "no UTF-8", "broken", "list", "odd", "nested", "cycle", "long"],
)
def test_an_mlmodel_file_that_says_nothing_readable_says_nothing(content):
    assert flavours.made_from(f"# {flavours.NAME}\n{content}".encode("latin-1")) == ""
