"""How a tracking server fares, for programs."""

from __future__ import annotations

from contextlib import suppress

import pytest

from lineage import sync
from lineage.errors import RegistryError
from tests.api.asking import Asking
from tests.api.test_main_job import ok
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db


def test_a_server_says_how_it_fares_and_what_could_not_be_read(world: World, asking: Asking) -> None:
    version = world.mirror()
    type(version).objects.update(hashing_problem="The files lie elsewhere.", hashing_failed_at=world.tick())
    with suppress(RegistryError):
        sync.synchronise(server=mirror.server(), at=world.tick())
    told = ok(asking.get("board", "servers/main"))
    assert (told["is_answering"], told["lag_seconds"], told["hidden"]) == (False, None, [])
    assert [row["reason"] for row in told["unreadable"]] == ["The files lie elsewhere."]
    assert [(row["outcome"], row["error"]) for row in told["synchronisations"]] == [("failed", told["error"])]


def test_a_server_of_systems_that_one_may_not_see_is_not_found(world: World, asking: Asking) -> None:
    mirror.server()
    assert asking.get("outsider", "servers/main").status_code == 404
    assert asking.get("board", "servers/nowhere").status_code == 404
