"""A tracking server that cannot be read is said to be one, since when, and what that means for what is shown."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from frontend import moments
from lineage import hooks, sync
from lineage.errors import RegistryError
from lineage.models import RegisteredModel, SyncReport, TrackingServer
from tests.factories import mirror
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.frontend.test_out_of_band import judge

pytestmark = pytest.mark.django_db
PAGES = ("/", "/systems/outreach/")


def text(as_person: SignedIn, world: World, path: str, name: str = "participant_good") -> str:
    """Return what a page says, tags and line breaks left out, each time as the absolute one."""
    shown = as_person(world.people.by_name[name]).get(path).content.decode()
    shown = re.sub(r'<time [^>]*title="([^"]*)">[^<]*</time>', r"\1", shown)
    return " ".join(re.sub(r"<[^>]*>", "", shown).split())


def fail(world: World) -> None:
    with suppress(RegistryError):
        sync.synchronise(server=TrackingServer.objects.get(), at=world.tick())


@pytest.mark.parametrize("path", PAGES)
def test_a_server_that_does_not_answer_is_named_with_since_when_and_what_that_means(
    world: World, as_person: SignedIn, path: str
) -> None:
    mirror.server()
    good = world.tick()
    TrackingServer.objects.update(last_synchronised_at=good, state="reachable")
    assert "does not answer" not in text(as_person, world, path)
    fail(world)
    first = moments.absolute(SyncReport.objects.get().started_at)
    fail(world)
    shown = text(as_person, world, path)
    assert f"The tracking server main does not answer since {first}." in shown
    assert f"is from {moments.absolute(good)} and may be out of date" in shown
    assert "cannot be reached" in shown
    assert "does not answer" not in text(as_person, world, "/", "outsider")


@pytest.mark.parametrize("path", PAGES)
def test_a_server_that_was_never_read_and_one_that_answers_again_are_told_apart(
    world: World, as_person: SignedIn, path: str
) -> None:
    mirror.server()
    fail(world)
    assert "Nothing was ever read from it" in text(as_person, world, path)
    TrackingServer.objects.update(last_synchronised_at=world.tick(), state="reachable", last_error="")
    assert "The tracking server" not in text(as_person, world, path)


def test_what_is_live_says_since_when_and_when_it_was_last_seen(world: World, as_person: SignedIn) -> None:
    version = world.mirror()
    mirror.point_alias("live-phone", version, at=(since := world.tick()))
    judge(world)
    RegisteredModel.objects.update(read_at=(read := world.tick()))
    TrackingServer.objects.update(last_synchronised_at=(whole := world.tick()))
    shown = text(as_person, world, "/systems/outreach/")
    assert "live by live-phone since " in shown
    assert f", last seen {moments.absolute(read)}" in shown
    assert f"MLflow (main) was last read {moments.absolute(whole)}." in shown
    assert f"last seen {moments.absolute(since)}" not in shown


def test_a_servers_page_says_what_was_read_hidden_and_unreadable(world: World, as_person: SignedIn) -> None:
    version = world.mirror()
    rows = type(version).objects
    rows.update(hashing_problem="The files lie elsewhere.", hashing_failed_at=world.tick(), is_hidden=True)
    fail(world)
    shown = text(as_person, world, "/servers/main/")
    assert "The files lie elsewhere." in shown
    assert f"{version.uri}, tried" in shown
    assert "omits them" in shown
    assert "failed 0 % The tracking server" in shown
    assert (
        'href="/servers/main/"'
        in as_person(world.people.by_name["participant_good"]).get("/systems/outreach/").content.decode()
    )


def test_only_who_sees_a_system_that_it_serves_sees_a_server(world: World, as_person: SignedIn) -> None:
    mirror.server()
    assert as_person(world.people.by_name["outsider"]).get("/servers/main/").status_code == 404
    assert as_person(world.people.by_name["participant_good"]).get("/servers/nowhere/").status_code == 404


def test_a_servers_page_says_what_came_of_its_hints(world: World, as_person: SignedIn) -> None:
    server = mirror.server()
    assert "Edgewise finds changes by the clock" in text(as_person, world, "/servers/main/")
    hook = hooks.renew(server, at=world.tick())
    with suppress(hooks.HookRefused):
        hooks.receive(server_key="main", headers={}, body=b"", at=world.tick())
    shown = text(as_person, world, "/servers/main/")
    assert f"since {moments.absolute(hook.connected_at)}. No hint has come yet." in shown
    assert "A call was turned away" in shown
    assert "It names no delivery and time" in shown


@pytest.mark.parametrize("path", [*PAGES, "/servers/main/"])
def test_a_worker_that_stands_still_is_told_by_what_it_no_longer_reads(
    world: World, as_person: SignedIn, path: str
) -> None:
    server = mirror.server()
    report = SyncReport.objects.create(server=server, started_at=timezone.now(), outcome="succeeded")
    assert "Nobody has read" not in text(as_person, world, path)
    report.started_at = timezone.now() - timedelta(minutes=11)
    report.save()
    shown = text(as_person, world, path)
    assert f"Nobody has read the tracking server main since {moments.absolute(report.started_at)}." in shown
