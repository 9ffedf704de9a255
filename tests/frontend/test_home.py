"""The first page: what waits for its reader, and nothing that would be refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.approvals.models import ReleaseCandidate
from governance.deliberation import services as deliberation
from governance.deliberation.models import Deliberation
from governance.systems import services as systems
from lineage.models import SyncReport
from tests.factories import mirror
from tests.factories.world import FAILING, UNEQUAL, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db


def _home(world: World, as_person: SignedIn, name: str) -> str:
    return as_person(world.people.by_name[name]).get("/").content.decode()


def _voting(world: World) -> Deliberation:
    deliberated = world.prepare_deliberation(digest=world.draft())
    world.open_voting(deliberated)
    return deliberated


def _end_role(world: World, name: str) -> None:
    grant = world.system.grants.get(user=world.people.by_name[name])
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())


def test_a_participant_is_asked_to_vote(as_person: SignedIn, world: World) -> None:
    deliberated = _voting(world)
    assert f"/deliberations/{deliberated.pk}/" in _home(world, as_person, "participant_good")


def test_whoever_holds_no_role_any_more_reads_nothing_of_the_deliberation(as_person: SignedIn, world: World) -> None:
    _voting(world)
    _end_role(world, "participant_good")
    text = _home(world, as_person, "participant_good")
    assert "Shall this specification be adopted?" not in text
    assert "Outreach assistant" not in text


def test_nobody_is_asked_to_vote_after_voting_closed(as_person: SignedIn, world: World) -> None:
    deliberated = world.prepare_deliberation(digest=world.draft())
    by = world.people.facilitator
    deliberation.open_deliberation(deliberation_id=deliberated.pk, by=by, at=world.tick())
    until = world.now + timedelta(hours=1)
    deliberation.open_voting(deliberation_id=deliberated.pk, until=until, by=by, at=world.tick())
    assert "Read and vote" not in _home(world, as_person, "participant_good")


def test_the_facilitator_counts_once_every_seat_has_voted_and_not_before(as_person: SignedIn, world: World) -> None:
    deliberated = _voting(world)
    lead = as_person(world.people.facilitator)
    address = f"/deliberations/{deliberated.pk}/"
    assert "Count the ballots" not in _home(world, as_person, "facilitator")
    before = lead.get(address).content.decode()
    assert f"{address}decide/" not in before
    assert "The ballots cannot be counted yet." in before
    world.vote(deliberated)
    assert "Count the ballots" in _home(world, as_person, "facilitator")
    assert f"{address}decide/" in lead.get(address).content.decode()


def test_a_stale_candidate_is_refreshed_and_not_signed(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    world.give_evidence(candidate.model_version, FAILING)
    assert "Read and sign" not in _home(world, as_person, "board")
    engineer = _home(world, as_person, "engineer")
    assert "Refresh: outreach-model 1" in engineer
    assert "Judge it first." in engineer


def test_the_facilitator_is_told_of_an_open_route(as_person: SignedIn, world: World) -> None:
    candidate = world.open_candidate(UNEQUAL)
    text = _home(world, as_person, "facilitator")
    assert "Close a route: between group gap on need is seen" in text
    assert f"/candidates/{candidate.pk}/#routes" in text
    assert "Close a route" not in _home(world, as_person, "board")


def test_many_synchronisations_hide_nothing_that_happened(as_person: SignedIn, world: World) -> None:
    from governance.monitoring import services as monitoring

    world.draft()
    for _ in range(51):
        report = SyncReport.objects.create(
            server=mirror.server(), started_at=world.tick(), outcome="succeeded", counts={"aliases": 1}, digest="0" * 64
        )
        monitoring.judge_synchronisation(system_key="outreach", report=report, by=world.people.machine, at=world.tick())
    assert "Draft 1.0.0 of the specification was saved" in _home(world, as_person, "steward")


def _asked(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").status_code == 200
    return len(asked)


def test_open_candidates_cost_nothing_for_whoever_cannot_act_on_them_and_the_same_each_for_whoever_can(
    world: World, as_person: SignedIn
) -> None:
    reader, signer = as_person(world.people.auditor), as_person(world.people.board)
    world.ratify()
    counts = []
    for number in ("1", "2", "3"):
        world.open_candidate(FAILING, number=number)
        counts.append((_asked(reader), _asked(signer)))
    (one, first), (two, second), (three, third) = counts
    assert one == two == three
    # One standing takes some three dozen questions; with its parts asked anew it took more than fifty.
    assert third - second == second - first <= 40
