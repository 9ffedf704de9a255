"""What many tests start from: the main job as far as it has come, done once for each process by the services.

A test says with its fixtures how far: `world` alone is an installation with nobody's work in it; `specification`,
`candidate` and `approval` add what is ratified, opened and approved. Each stage is a database of its own, copied from
the one before, and every test works in a transaction or a copy of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from django.db import connections, transaction

from governance.approvals.models import Approval, ReleaseCandidate
from governance.specs.models import SpecificationVersion
from tests import database
from tests.factories.world import World
from tests.people import People


def _approve(world: World) -> None:
    candidate = ReleaseCandidate.objects.get()
    world.sign_all(candidate)
    world.decide(candidate)


STEPS: dict[str, Callable[[World], object]] = {
    "_ratified": World.ratify,
    "_opened": World.open_candidate,
    "_approved": _approve,
}
"""The fixture that asks for a stage → what leads there from the stage before."""
ORDER = ["_begun", *STEPS]


@dataclass
class Stages:
    """The databases of this process, by the fixture that asks for them; `bare` has nothing but its tables."""

    bare: database.TestDatabase
    made: dict[str, tuple[database.TestDatabase, World]] = field(default_factory=dict)

    def wanted(self, fixtures: Sequence[str]) -> database.TestDatabase:
        """Return the database of the furthest stage among `fixtures`, making it first if need be."""
        return self._stage(_furthest(fixtures))[0] if "_begun" in fixtures else self.bare

    def world(self, fixtures: Sequence[str]) -> World:
        """Return a copy of the world of the furthest stage among `fixtures`, free to be changed."""
        _, found = self._stage(_furthest(fixtures))
        people = People({name: copy.copy(user) for name, user in found.people.by_name.items()})
        return World(people=people, system=copy.copy(found.system), now=found.now)

    def drop(self) -> None:
        """Remove the databases."""
        connections.close_all()
        for stage, _ in self.made.values():
            stage.drop()
        self.bare.drop()

    def _stage(self, name: str) -> tuple[database.TestDatabase, World]:
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name: str) -> tuple[database.TestDatabase, World]:
        asks = ORDER[: ORDER.index(name)]
        before = self.wanted(asks)
        fresh = database.TestDatabase(name=f"{self.bare.name}{name}", template=before.name)
        point_at(before)
        connections.close_all()
        fresh.restore()
        point_at(fresh)
        with transaction.atomic():
            world = self.world(asks) if asks else World.begin()
            if asks:
                STEPS[name](world)
            # What a worker would be told is told by no test's transaction either.
            transaction.get_connection().run_on_commit.clear()
        connections.close_all()
        return fresh, world


def _furthest(fixtures: Sequence[str]) -> str:
    return [name for name in ORDER if name in fixtures][-1]


def point_at(wanted: database.TestDatabase) -> None:
    """Let this process's connections lead to `wanted`."""
    for alias in ("default", "owner"):
        connection = connections[alias]
        if connection.settings_dict["NAME"] != wanted.name:
            connection.close()
            database.point_at(connection.settings_dict, wanted.urls.owner, wanted.name)


@pytest.fixture
def _begun() -> None: ...


@pytest.fixture
def _ratified(_begun: None) -> None: ...


@pytest.fixture
def _opened(_ratified: None) -> None: ...


@pytest.fixture
def _approved(_opened: None) -> None: ...


@pytest.fixture
def world(request: pytest.FixtureRequest, stages: Stages, _begun: None) -> World:
    """An installation with a system, people and groups, in the test's own transaction or, where the test asks for it,
    committed."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    return stages.world(request.fixturenames)


@pytest.fixture
def specification(world: World, _ratified: None) -> SpecificationVersion:
    """The ratified specification of `world`."""
    return SpecificationVersion.objects.get()


@pytest.fixture
def candidate(world: World, _opened: None) -> ReleaseCandidate:
    """The candidate of `world`, open, for the phone, of version 1, which passes."""
    return ReleaseCandidate.objects.get()


@pytest.fixture
def approval(world: World, _approved: None) -> Approval:
    """The approval of `world`, for the phone, of version 1."""
    return Approval.objects.get()
