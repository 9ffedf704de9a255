"""However hints are lost, repeated and reordered, and however it is read, the mirror becomes what MLflow is."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from lineage import reading, selectors, sync
from lineage.models import ModelVersion, RegisteredModel, Run, TrackingServer
from lineage.registry import Registry
from tests.faults.gate import Gate
from tests.lineage.somebody import API, Somebody

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]
TOLD = ("version", "created_ms", "source", "status", "stage", "description", "tags", "is_hidden", "artifact_uri")
JOINED = ("run__run_id", "run__parent_run_id", "logged_model__model_id", "copied_from__version")
PROMPT = "mlflow.prompt.is_prompt"


def mirrored(server: TrackingServer, names: list[str]) -> dict[str, Any]:
    """What the rows say is there of the models with these names, without Edgewise's own ids and times."""
    living = RegisteredModel.objects.filter(server=server, name__in=names, vanished_at=None)
    return {
        model.name: {
            "model": (model.created_ms, model.description, model.tags, model.is_hidden),
            "aliases": {
                alias: version.version
                for alias, version in selectors.alias_state(server=server, model=model.name).items()
            },
            "versions": [
                (row, ModelVersion.objects.get(pk=row.pop("pk")).digest)
                for row in model.versions.filter(vanished_at=None).order_by("pk").values("pk", *TOLD, *JOINED)
            ],
        }
        for model in living
    }


def in_order(state: dict[str, Any]) -> dict[str, Any]:
    for model in state.values():
        model["versions"].sort(key=lambda version: int(version[0]["version"]))
    return state


class Chance:
    """Somebody who does whatever comes to mind to a handful of models."""

    def __init__(self, somebody: Somebody, seed: int) -> None:
        self.random = random.Random(seed)
        self.people = [somebody]
        self.names = [somebody.model]
        self.made = {somebody.model: ["1"]}

    def act(self) -> str:
        """Do one thing, and return the name that a hint about it would bear."""
        if not self.people or (len(self.people) < 3 and self.random.random() < 0.2):
            return self._create()
        person = self.random.choice(self.people)
        self.random.choice(self._deeds(person))()
        return person.model

    def _create(self) -> str:
        person = replace(self.people[0] if self.people else self.first, model=f"model-{uuid.uuid4().hex[:8]}")
        person.create_model()
        self._known(person, ["1"])
        person.create_version("good")
        return person.model

    def _known(self, person: Somebody, made: list[str]) -> None:
        self.first = person
        self.people.append(person)
        self.names.append(person.model)
        self.made[person.model] = made

    def _deeds(self, person: Somebody) -> list[Callable[[], object]]:
        made, word = self.made[person.model], uuid.uuid4().hex[:6]
        deeds: list[Callable[[], object]] = [
            lambda: made.append(person.create_version(self.random.choice(["good", "bad"]))),
            lambda: person.tag_model("team", word),
            lambda: person.describe(word),
            lambda: self._rename(person),
            lambda: self._again(person),
        ]
        if made:
            version = self.random.choice(made)
            deeds += [
                lambda: person.move_alias(self.random.choice(["live", "next"]), version),
                lambda: person.tag_version(version, self.random.choice(["a", "b", PROMPT]), word),
                lambda: person.untag_version(version, "a"),
                lambda: person.describe(word, version=version),
                lambda: person.stage(version, self.random.choice(["Staging", "Archived"])),
                lambda: made.append(self._copy(person, version)),
                lambda: (person.delete_version(version), made.remove(version)),
                lambda: person.drop_alias("live"),
                lambda: person.tag_version(version, PROMPT, "true"),
            ]
        return deeds

    def _copy(self, person: Somebody, version: str) -> str:
        place = {"name": person.model, "version": version}
        told = person.http.get(f"{API}model-versions/get", params=place).json()["model_version"]
        return person.create_version(source=f"models:/{person.model}/{version}", run_id=told.get("run_id", ""))

    def _rename(self, person: Somebody) -> None:
        self.people.remove(person)
        self._known(person.rename(f"model-{uuid.uuid4().hex[:8]}"), self.made.pop(person.model))

    def _again(self, person: Somebody) -> None:
        """Delete the model, and perhaps make another of its name."""
        person.delete_model()
        if self.random.random() < 0.5:
            person.create_model()
            person.create_version("bad")
            self.made[person.model] = ["1"]
        else:
            self.first = person
            self.people.remove(person)


@pytest.fixture
def chance(somebody: Somebody, request: pytest.FixtureRequest) -> Iterator[Chance]:
    made = Chance(somebody, request.param)
    yield made
    for person in made.people:
        if person.model != somebody.model and person.has_model():
            person.delete_model()


@pytest.mark.parametrize("chance", range(2), indirect=True)
@pytest.mark.parametrize("few", [0, 20], ids=["in-bulk", "by-name"])
def test_lost_repeated_and_reordered_hints_end_in_what_a_fresh_reading_shows(
    chance: Chance, server, later, monkeypatch, few
):
    monkeypatch.setattr(reading, "FEW", few)
    hints: list[str] = []
    for _ in range(40):
        hints.append(chance.act())
        if chance.random.random() < 0.4:
            chance.random.shuffle(hints)
            heard = [each for each in hints if chance.random.random() < 0.6]
            sync.synchronise(server=server, models=heard * 2, at=later())
            hints = hints[: len(hints) // 2]
    sync.synchronise(server=server, models=chance.names, at=later())
    fresh = sync.connect(key="fresh", url=server.url)
    sync.synchronise(server=fresh, at=later())
    assert in_order(mirrored(server, chance.names)) == in_order(mirrored(fresh, chance.names))
    facts = sync.synchronise(server=server, models=chance.names, at=later())
    assert set(facts.counts().values()) == {0}


@pytest.fixture
def meanwhile(mlflow_url: str) -> Iterator[Callable[[str, Callable[[], object]], str]]:
    """The address of a door at which the first answer of an endpoint waits until something else was done."""
    doors: list[Gate] = []

    def start(endpoint: str, deed: Callable[[], object]) -> str:
        doors.append(door := Gate(mlflow_url))
        hold = door.hold("GET", endpoint, after=True)

        def act() -> None:
            hold.wait()
            deed()
            hold.pass_on()

        threading.Thread(target=act, daemon=True).start()
        return door.url

    yield start
    for door in doors:
        door.close()


def test_a_model_made_again_while_versions_are_read_keeps_none_of_the_former(somebody, server, later, meanwhile):
    def make_again() -> None:
        somebody.delete_model()
        somebody.create_model()
        somebody.create_version("bad")

    server = sync.connect(key="main", url=meanwhile("model-versions/search", make_again))
    sync.synchronise(server=server, at=later())
    version = selectors.version(server=server, name=somebody.model, version="1")
    assert version.logged_model.model_id == somebody.trained["bad"]
    assert version.created_ms >= version.registered_model.created_ms


def test_a_version_made_and_aliased_while_versions_are_read_is_found(somebody, server, later, meanwhile):
    server = sync.connect(
        key="main",
        url=meanwhile("model-versions/search", lambda: somebody.move_alias("live", somebody.create_version("bad"))),
    )
    facts = sync.synchronise(server=server, at=later())
    assert [move.after.version for move in facts.alias_moves if move.registered_model.name == somebody.model] == ["2"]


def test_a_version_deleted_between_two_pages_costs_no_other_its_place(somebody, server, later, monkeypatch, meanwhile):
    somebody.create_version("bad")
    somebody.create_version("good")
    sync.synchronise(server=server, at=later())
    monkeypatch.setattr("lineage.bulk.MAX_VERSIONS", "1")
    moved = sync.connect(key="main", url=meanwhile("page_token", lambda: somebody.delete_version("1")))
    facts = sync.synchronise(server=moved, at=later())
    again = sync.synchronise(server=moved, at=later())
    gone = {row.version for row in (*facts.vanished_versions, *again.vanished_versions)}
    assert gone <= {"1"}
    assert {row.version for row in selectors.versions(server=moved, names=[somebody.model])} == {"2", "3"}


def test_equal_state_is_not_written_again(somebody, server, later):
    sync.synchronise(server=server, at=later())
    before = _places(Run), _places(ModelVersion)
    sync.synchronise(server=server, at=later())
    assert (_places(Run), _places(ModelVersion)) == before


def test_what_a_clock_was_set_to_hides_no_change(somebody, server, later):
    """A tag leaves every time of MLflow as it was, as does a clock that somebody sets back."""
    sync.synchronise(server=server, at=later())
    with Registry.of(server) as registry:
        told = registry.version(name=somebody.model, version="1").last_updated_timestamp
    somebody.tag_version("1", "approved", "yes")
    facts = sync.synchronise(server=server, at=later())
    with Registry.of(server) as registry:
        assert registry.version(name=somebody.model, version="1").last_updated_timestamp == told
    assert [(change.key, change.after) for change in facts.tag_changes] == [("approved", "yes")]


def _places(kind: type[Any]) -> list[tuple[int, str]]:
    rows = kind.objects.extra(select={"place": "ctid::text || xmin::text"})
    return sorted(rows.values_list("pk", "place"))
