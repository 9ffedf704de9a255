"""Whatever two people do at the same moment, exactly one of them does it, and the other is told so."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from governance.accounts import services as accounts
from governance.accounts.models import User
from governance.approvals import issuing
from governance.approvals import services as approvals
from governance.approvals.models import Approval, ApprovalEnding, Decision, ReleaseCandidate, SignOff
from governance.approvals.states import ApprovalState
from governance.audit.models import Leaf
from governance.deliberation import services as deliberation
from governance.evidence import services as evidence
from governance.evidence.models import Checkpoint
from governance.specs import services as specs
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from governance.systems.models import RegisteredModelLink
from tests import database
from tests.factories import mirror
from tests.factories.world import PHONE, SPECIFICATION, World
from tests.governance.races.racing import one_wins, race

TRIES = 3


@pytest.fixture
def world(committed_db: database.TestDatabase, world: World) -> World:
    """A world whose rows are committed, so that other connections see them."""
    return world


def _sign(world: World, candidate: ReleaseCandidate, stance: str, name: str = "board") -> partial[SignOff]:
    return partial(
        approvals.sign,
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        role="board_member",
        stance=stance,
        reason="Said.",
        by=world.people.by_name[name],
        at=world.tick(),
    )


def _decide(world: World, candidate: ReleaseCandidate, outcome: str, name: str) -> partial[Decision]:
    return partial(
        approvals.decide,
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        outcome=outcome,
        reason="Said.",
        by=world.people.by_name[name],
        at=world.tick(),
    )


def test_one_person_signs_once_and_a_candidate_is_decided_once(world: World) -> None:
    for number in range(TRIES):
        candidate = world.open_candidate(number=str(number))
        assert one_wins(race(_sign(world, candidate, "approve"), _sign(world, candidate, "object")))
        assert SignOff.objects.filter(revision__candidate=candidate).count() == 1
        decided = race(
            _decide(world, candidate, "rejected", "board"), _decide(world, candidate, "rejected", "second_board")
        )
        assert one_wins(decided)
        assert Decision.objects.filter(revision__candidate=candidate).count() == 1
        assert Leaf.objects.filter(type="approvals.candidate.decided").count() == number + 1


def test_approving_and_rejecting_at_once_ends_in_one_of_the_two(world: World, candidate: ReleaseCandidate) -> None:
    world.sign_all(candidate)
    assert one_wins(
        race(_decide(world, candidate, "approved", "board"), _decide(world, candidate, "rejected", "second_board"))
    )
    outcome = Decision.objects.get().outcome
    assert Approval.objects.count() == (outcome == "approved")


def test_two_versions_of_the_same_bytes_end_with_one_active_approval(
    world: World, specification: SpecificationVersion
) -> None:
    candidates = []
    for number in ("1", "2"):
        version = mirror.version(number, at=world.tick(), content=b"the same bytes")
        evidence.register_checkpoint(system_key="outreach", version=version, by=world.people.engineer, at=world.tick())
        world.give_evidence(version)
        world.judge(version)
        candidate = world.open_again(version)
        world.sign_all(candidate)
        candidates.append(candidate)
    ended = race(*(_decide(world, candidate, "approved", "board") for candidate in candidates))
    assert ended == ["won", "won"]
    states = sorted(Approval.objects.values_list("state", flat=True))
    assert states == [ApprovalState.ACTIVE, ApprovalState.SUPERSEDED]


def test_one_candidate_is_opened_for_a_version_and_context(world: World, specification: SpecificationVersion) -> None:
    version = world.judged().model_version
    open_it = partial(
        approvals.open_candidate,
        system_key="outreach",
        version=version,
        context_key=PHONE,
        by=world.people.engineer,
        at=world.tick(),
    )
    assert one_wins(race(open_it, open_it, open_it))
    assert ReleaseCandidate.objects.count() == 1


def test_a_draft_is_ratified_once(world: World) -> None:
    digest = _deliberated(world)
    ratify = partial(specs.ratify, system_key="outreach", digest=digest, by=world.people.board, at=world.tick())
    assert one_wins(race(ratify, ratify))
    assert SpecificationVersion.objects.count() == 1


def test_ratifying_while_another_steward_saves_is_never_lost_in_between(world: World) -> None:
    _make_steward(world)
    for number in range(TRIES):
        text = SPECIFICATION.replace("version: 1.0.0", f"version: {number + 1}.0.0").replace("0.70", f"0.7{number}")
        digest = _deliberated(world, text)
        ratify = partial(specs.ratify, system_key="outreach", digest=digest, by=world.people.board, at=world.tick())
        other = text.replace("why: A gap", "why: So wide a gap").replace(f"{number + 1}.0.0", f"{number + 1}.0.1")
        save = partial(
            specs.save_draft,
            system_key="outreach",
            text=other,
            replaces=digest,
            by=world.people.outsider,
            at=world.tick(),
        )
        ended = race(ratify, save)
        assert ended[1] == "won"
        assert ended[0] in ("won", "too late")


def test_a_vote_at_the_moment_of_the_close_is_counted_or_refused(world: World) -> None:
    for _ in range(TRIES):
        found = world.prepare_deliberation(digest="0" * 64)
        world.open_voting(found)
        world.vote(found)
        vote = partial(
            deliberation.cast_ballot,
            deliberation_id=found.pk,
            ranking=["revise"],
            by=world.people.representative,
            at=world.tick(),
        )
        count = partial(deliberation.decide, deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())
        voted, counted = race(vote, count)
        assert counted == "won"
        found.refresh_from_db()
        assert voted == ("won" if found.ballots.count() == 4 else "too late")
        assert found.outcome.winner == ("revise" if voted == "won" else "adopt")


def test_a_deliberation_is_decided_once(world: World) -> None:
    found = world.prepare_deliberation(digest="0" * 64)
    world.open_voting(found)
    world.vote(found)
    count = partial(deliberation.decide, deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())
    assert one_wins(race(count, count))


@pytest.mark.expectation(22)
def test_registering_twice_at_once_registers_once(world: World) -> None:
    version = world.mirror()
    register = partial(
        evidence.register_checkpoint,
        system_key="outreach",
        version=version,
        by=world.people.engineer,
        at=world.tick(),
    )
    assert race(register, register) == ["won", "won"]
    assert Checkpoint.objects.count() == 1
    assert Leaf.objects.filter(type="evidence.checkpoint.registered").count() == 1


def test_an_approval_ends_once(world: World, approval: Approval) -> None:
    later = world.now + timedelta(days=200)
    revoke = partial(issuing.revoke, approval_id=approval.pk, reason="No.", by=world.people.board, at=world.tick())
    lapse = partial(issuing.lapse, approval_id=approval.pk, by=world.people.machine, at=later)
    assert one_wins(race(revoke, lapse))
    assert ApprovalEnding.objects.count() == 1


def test_a_name_is_taken_once(world: World) -> None:
    administrator, now = world.people.administrator, world.tick()
    create = partial(
        systems.create_system,
        key="triage",
        name="Triage",
        purpose="Says who comes first.",
        owner=world.people.steward,
        by=administrator,
        at=now,
    )
    add = partial(
        accounts.add_user,
        email="new@example.org",
        name="New",
        password="correct horse battery staple",
        by=administrator,
        at=now,
    )
    assert one_wins(race(create, create))
    assert one_wins(race(add, add))
    connect = [
        partial(systems.connect_model, system_key=key, server_key="main", name="shared-model", by=administrator, at=now)
        for key in ("outreach", "triage")
    ]
    assert one_wins(race(*connect))
    assert RegisteredModelLink.objects.filter(name="shared-model").count() == 1
    assert User.objects.filter(email="new@example.org").count() == 1


def _deliberated(world: World, text: str = SPECIFICATION) -> str:
    digest = world.draft(text)
    found = world.prepare_deliberation(digest=digest)
    specs.put_forward(system_key="outreach", deliberation_id=found.pk, by=world.people.steward, at=world.tick())
    world.open_voting(found)
    world.vote(found)
    deliberation.decide(deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())
    return digest


def _make_steward(world: World) -> None:
    systems.grant_role(
        system_key="outreach",
        user=world.people.outsider,
        role="steward",
        starts_at=world.now,
        ends_at=world.now + timedelta(days=30),
        by=world.people.administrator,
        at=world.now,
    )
