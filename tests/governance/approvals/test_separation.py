"""Who must never approve: those who asked, registered, trained or declared a conflict, and those without the role."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.approvals import selectors, services
from governance.approvals.models import ReleaseCandidate, SignOff
from governance.errors import Conflict, Invalid, NotFound, NotPermitted
from governance.evidence import selectors as evidence
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from lineage.models import ModelVersion, Run
from tests.factories import mirror
from tests.factories.world import SPECIFICATION, UNEQUAL, World


def _give_board_seat(world: World, name: str) -> None:
    systems.grant_role(
        system_key="outreach",
        user=world.people.by_name[name],
        role="board_member",
        starts_at=world.now,
        ends_at=world.now + timedelta(days=30),
        by=world.people.administrator,
        at=world.now,
    )


def _sign_as_board(world: World, candidate: ReleaseCandidate, name: str) -> SignOff:
    return services.sign(
        candidate_id=candidate.pk,
        shown_digest=services.newest_revision(candidate).digest,
        role="board_member",
        stance="approve",
        by=world.people.by_name[name],
        at=world.tick(),
    )


def _unmet(candidate: ReleaseCandidate, world: World) -> list[str]:
    standing = selectors.standing_of(selectors.newest_revision(candidate), at=world.now)
    return [requirement.key for requirement in standing.unmet]


@pytest.mark.expectation(6)
@pytest.mark.parametrize("who", ["engineer", "administrator", "pipeline", "outsider", "machine", "auditor"])
def test_neither_requester_nor_administrator_nor_service_account_approves(
    world: World, who: str, candidate: ReleaseCandidate
) -> None:
    refused = NotFound if who == "outsider" else NotPermitted
    with pytest.raises(refused):
        _sign_as_board(world, candidate, who)
    world.sign_all(candidate)
    with pytest.raises(refused):
        world.decide(candidate, name=who)
    assert SignOff.objects.count() == 3


@pytest.mark.expectation(6)
def test_who_registered_it_never_signs_even_with_a_seat_on_the_board(world: World, candidate: ReleaseCandidate) -> None:
    _give_board_seat(world, "engineer")
    with pytest.raises(NotPermitted) as refusal:
        _sign_as_board(world, candidate, "engineer")
    assert refusal.value.code == "separation-of-duties"
    world.sign_all(candidate)
    with pytest.raises(NotPermitted):
        world.decide(candidate, name="engineer")


@pytest.mark.expectation(6)
def test_who_trained_it_never_signs(world: World, specification: SpecificationVersion) -> None:
    version = mirror.version("7", at=world.tick(), user="Board@Example.org")
    from governance.evidence import services as evidence

    evidence.register_checkpoint(system_key="outreach", version=version, by=world.people.engineer, at=world.tick())
    world.give_evidence(version)
    world.judge(version)
    candidate = world.open_again(version)
    with pytest.raises(NotPermitted, match="trained"):
        _sign_as_board(world, candidate, "board")


@pytest.mark.expectation(6)
def test_a_declared_conflict_of_interest_ends_ones_word_the_earlier_one_too(
    world: World, candidate: ReleaseCandidate
) -> None:
    world.sign_all(candidate)
    services.declare_conflict(
        candidate_id=candidate.pk, reason="My sister trained it.", by=world.people.second_board, at=world.tick()
    )
    assert _unmet(candidate, world) == ["sign-offs:board_member"]
    with pytest.raises(NotPermitted, match="conflict of interest"):
        world.decide(candidate, name="second_board")
    with pytest.raises(Conflict):
        services.declare_conflict(
            candidate_id=candidate.pk, reason="Again.", by=world.people.second_board, at=world.tick()
        )


def test_a_representative_speaks_for_their_own_group_only(world: World, candidate: ReleaseCandidate) -> None:
    for role, group, error in (
        ("representative", "limited", NotPermitted),
        ("representative", "", NotPermitted),
        ("board_member", "", NotPermitted),
        ("auditor", "", Invalid),
    ):
        with pytest.raises(error):
            services.sign(
                candidate_id=candidate.pk,
                shown_digest=services.newest_revision(candidate).digest,
                role=role,
                group=group,
                stance="approve",
                by=world.people.representative,
                at=world.tick(),
            )


@pytest.mark.expectation(5)
def test_two_board_members_do_not_stand_in_for_a_representative(world: World, candidate: ReleaseCandidate) -> None:
    _give_board_seat(world, "auditor")
    for name in ("board", "second_board"):
        world.sign(candidate, name)
    _sign_as_board(world, candidate, "auditor")
    assert _unmet(candidate, world) == ["sign-offs:representative"]


@pytest.mark.expectation(6)
def test_who_trained_it_is_known_from_the_logged_model_and_the_parent_run_too(
    world: World, specification: SpecificationVersion
) -> None:
    version = mirror.version("7", at=world.tick(), user="Board@Example.org")
    parent = Run.objects.create(
        server=mirror.server(), run_id="parent", user="second-board@example.org", first_seen_at=world.now
    )
    Run.objects.filter(pk=version.run_id).update(parent_run_id=parent.run_id)
    ModelVersion.objects.filter(pk=version.pk).update(run=None, source_run_id="")
    version = ModelVersion.objects.get(pk=version.pk)
    makers = evidence.makers(version)
    assert {world.people.board.actor, world.people.second_board.actor} <= makers.keys()


@pytest.mark.expectation(6)
def test_who_closed_a_route_does_not_approve_what_it_held_up(world: World) -> None:
    candidate = world.open_candidate(UNEQUAL)
    world.close_routes(services.newest_revision(candidate).report)
    _give_board_seat(world, "facilitator")
    with pytest.raises(NotPermitted, match="closed a route"):
        _sign_as_board(world, candidate, "facilitator")


@pytest.mark.expectation(6)
def test_a_veto_is_not_lifted_by_ending_the_grant_of_whoever_gave_it(world: World) -> None:
    world.ratify(SPECIFICATION.replace("veto_groups: []", "veto_groups: [poor-health]"))
    candidate = world.open_candidate()
    for name in ("board", "second_board"):
        world.sign(candidate, name)
    world.sign(candidate, "representative", stance="object", reason="We are not seen.")
    grant = world.people.representative.grants.get()
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())
    assert "veto:poor-health" in _unmet(candidate, world)
