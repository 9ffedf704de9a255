"""A deliberation from question to answer: who votes, until when, what it takes, and what nobody learns."""

from __future__ import annotations

import pytest

from governance.audit import selectors as log
from governance.audit.models import Leaf
from governance.deliberation import selectors, services
from governance.deliberation.models import Ballot, Deliberation, Seat
from governance.errors import DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.systems import services as systems
from governance.systems.models import RoleGrant
from tests.factories.world import World
from tests.governance.refused import refused

DIGEST = "0" * 64
DISSENT = "The threshold is too low for people who cannot come in."


def _voting(world: World, **changed: object) -> Deliberation:
    found = _prepared(world, **changed)
    world.open_voting(found)
    return found


def _prepared(world: World, **changed: object) -> Deliberation:
    given = {
        "system_key": "outreach",
        "subject": "specification:outreach",
        "subject_digest": DIGEST,
        "question": "Shall this specification be adopted?",
        "framing": "What it is about.",
        "options": [{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
        "seated_groups": ["good-health", "limited", "poor-health"],
        "rule": "majority",
        "quorum": 3,
        "group_quorum": 1,
        "smallest_group": 3,
        "proposer": world.people.steward,
    }
    return services.prepare(**given | changed, by=world.people.facilitator, at=world.tick())


def _vote(world: World, found: Deliberation, name: str, *ranking: str) -> Ballot:
    by = world.people.by_name[name]
    return services.cast_ballot(deliberation_id=found.pk, ranking=list(ranking), by=by, at=world.tick())


def _decide(world: World, found: Deliberation) -> object:
    return services.decide(deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())


@pytest.mark.expectation(8)
def test_a_ballot_may_change_until_the_close_and_each_change_is_a_new_row(world: World) -> None:
    found = _voting(world)
    first, second = _vote(world, found, "representative", "revise"), _vote(world, found, "representative", "adopt")
    _vote(world, found, "participant_good", "adopt")
    _vote(world, found, "participant_limited", "revise")
    assert first.pk != second.pk
    assert found.ballots.count() == 4
    outcome = _decide(world, found)
    assert outcome.winner == "adopt"
    assert outcome.document["quorum"]["turnout"] == 3
    for statement in ("UPDATE deliberation_ballot SET ranking = '[]'", "DELETE FROM deliberation_ballot"):
        assert refused(statement)


@pytest.mark.expectation(8)
def test_after_the_close_no_ballot_and_no_position_is_taken(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    _decide(world, found)
    with pytest.raises(NotAllowedNow):
        _vote(world, found, "representative", "revise")
    with pytest.raises(NotAllowedNow):
        services.state_position(
            deliberation_id=found.pk, kind="dissent", text="Late.", by=world.people.representative, at=world.tick()
        )
    with pytest.raises(NotAllowedNow):
        _decide(world, found)


@pytest.mark.expectation(8)
def test_when_the_time_is_over_no_ballot_is_taken_though_nobody_counted_yet(world: World) -> None:
    found = _voting(world)
    world.tick(60 * 24 * 8)
    with pytest.raises(NotAllowedNow) as refusal:
        _vote(world, found, "representative", "adopt")
    assert refusal.value.code == "voting-closed"


@pytest.mark.expectation(8)
def test_the_database_takes_no_ballot_and_no_seat_after_the_close(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    _decide(world, found)
    ballot = found.ballots.first()
    columns = "deliberation_id, pseudonym, group_key, ranking, salt, commitment, cast_at, leaf_id"
    assert refused(f"INSERT INTO deliberation_ballot ({columns}) SELECT {columns} FROM deliberation_ballot")
    assert refused(
        f"INSERT INTO deliberation_seat (deliberation_id, user_id, group_key, pseudonym)"
        f" VALUES ({found.pk}, '{world.people.board.pk}', 'limited', '{ballot.salt[:32]}')"
    )


@pytest.mark.parametrize(
    "column", ["question = 'x'", "options = '[]'", "rule = 'borda'", "quorum = 1", "group_quorum = 0"]
)
def test_what_froze_when_voting_opened_is_refused_to_everybody(world: World, column: str) -> None:
    _voting(world)
    assert refused(f"UPDATE deliberation_deliberation SET {column}")


def test_a_deliberation_never_goes_back(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    _decide(world, found)
    for state in ("draft", "open", "voting"):
        assert refused(f"UPDATE deliberation_deliberation SET state = '{state}'")


@pytest.mark.expectation(7)
def test_dissent_stands_with_the_outcome_and_its_absence_is_said(world: World) -> None:
    dissented, agreed = _voting(world), _voting(world)
    world.vote(dissented)
    for name in ("representative", "participant_good", "participant_limited"):
        _vote(world, agreed, name, "adopt")
    outcome, unanimous = _decide(world, dissented), _decide(world, agreed)
    assert outcome.dissent == DISSENT
    entry = Leaf.objects.get(type="deliberation.position.stated")
    assert outcome.document["dissent"][0]["commitment"] in bytes(entry.entry).decode()
    assert unanimous.dissent == "none filed"


@pytest.mark.parametrize(("kind", "text"), [("dissent", "  "), ("shout", "No!")])
def test_a_position_has_a_known_kind_and_says_something(world: World, kind: str, text: str) -> None:
    found = _voting(world)
    with pytest.raises(Invalid):
        services.state_position(
            deliberation_id=found.pk, kind=kind, text=text, by=world.people.representative, at=world.tick()
        )


@pytest.mark.parametrize("ranking", [[], ["adopt", "adopt"], ["burn"], ["adopt", "burn"]])
def test_an_unknown_ranking_is_refused_by_name(world: World, ranking: list[str]) -> None:
    found = _voting(world)
    with pytest.raises(Invalid) as refusal:
        _vote(world, found, "representative", *ranking)
    assert refusal.value.problems[0].where == "ranking"
    assert not found.ballots.exists()


def test_the_proposer_is_never_the_sole_decider(world: World) -> None:
    found = _voting(world, proposer=world.people.representative, quorum=1)
    _vote(world, found, "representative", "adopt")
    world.tick(60 * 24 * 8)
    with pytest.raises(NotAllowedNow, match="sole decider"):
        _decide(world, found)


def test_nobody_counts_while_somebody_may_still_vote(world: World) -> None:
    found = _voting(world)
    _vote(world, found, "representative", "adopt")
    with pytest.raises(NotAllowedNow, match="every seat"):
        _decide(world, found)


def test_who_joined_after_the_roll_froze_has_no_vote(world: World) -> None:
    found = _voting(world)
    systems.grant_role(
        system_key="outreach",
        user=world.people.outsider,
        role="participant",
        group_key="limited",
        starts_at=world.now,
        ends_at=world.now.replace(year=world.now.year + 1),
        by=world.people.administrator,
        at=world.now,
    )
    with pytest.raises(NotPermitted, match="frozen without you"):
        _vote(world, found, "outsider", "adopt")


def test_who_lost_the_role_has_a_seat_and_no_vote(world: World) -> None:
    found = _voting(world)
    grant = RoleGrant.objects.get(user=world.people.representative)
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())
    with pytest.raises(NotFound):
        _vote(world, found, "representative", "adopt")


def test_nobody_opens_a_deliberation_in_which_a_group_has_no_seat(world: World) -> None:
    found = _prepared(world, seated_groups=["good-health", "fair-health"])
    with pytest.raises(NotAllowedNow, match="fair-health"):
        services.open_deliberation(deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"options": [{"key": "adopt", "text": "A"}]}, "options"),
        ({"options": [{"key": "a", "text": "A"}, {"key": "a", "text": "B"}]}, "options"),
        ({"rule": "dictator"}, "rule"),
        ({"seated_groups": []}, "seated_groups"),
        ({"quorum": 0}, "quorum"),
        ({"seated_groups": ["rural"]}, ""),
        ({"subject_digest": "0" * 100}, ""),
        ({"question": "who\x00?"}, ""),
        ({"quorum": 2**40}, ""),
    ],
)
def test_a_question_that_will_not_do_is_refused(world: World, changed: dict[str, object], where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        _prepared(world, **changed)
    assert not where or refusal.value.problems[0].where == where
    assert not Deliberation.objects.exists()


def test_no_ballot_leaf_carries_a_person(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    leaves = Leaf.objects.filter(type="deliberation.ballot.cast")
    people = world.people.by_name.values()
    pseudonyms = {str(pseudonym) for pseudonym in found.seats.values_list("pseudonym", flat=True)}
    assert leaves.count() == 3
    for leaf in leaves:
        written = bytes(leaf.entry).decode()
        assert leaf.actor.removeprefix("seat:") in pseudonyms
        assert not any(p.actor in written or (p.email or p.name) in written or p.name in written for p in people)
        assert "adopt" not in written
        assert "revise" not in written


def test_the_same_vote_twice_gives_other_commitments(world: World) -> None:
    found = _voting(world)
    first, second = _vote(world, found, "representative", "adopt"), _vote(world, found, "representative", "adopt")
    assert first.commitment != second.commitment
    seat = str(first.pseudonym)
    again = services.commitment_of(deliberation_id=found.pk, seat=seat, ranking=["adopt"], salt=first.salt)
    assert again == first.commitment


def test_one_sees_ones_own_ballot_only(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    assert selectors.own_ballot(deliberation=found, by=world.people.representative).ranking == ["adopt"]
    assert selectors.own_ballot(deliberation=found, by=world.people.auditor) is None


@pytest.mark.expectation(10)
def test_groups_under_k_are_hidden_in_the_outcome(world: World) -> None:
    found = _voting(world, smallest_group=3)
    world.vote(found)
    document = _decide(world, found).document
    for group in document["groups"]:
        assert group["turnout"] == "fewer than 3"
        assert "withheld" in group["approvals"]


def test_an_erased_person_gets_no_seat(world: World) -> None:
    from governance.accounts import services as accounts

    found = _prepared(world, seated_groups=["good-health", "limited"])
    accounts.erase_person(user_id=world.people.participant_good.pk, by=world.people.administrator, at=world.tick())
    with pytest.raises(NotAllowedNow, match="good-health"):
        services.open_deliberation(deliberation_id=found.pk, by=world.people.facilitator, at=world.tick())
    assert not Seat.objects.exists()


def test_closing_answers_the_participants(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    _decide(world, found)
    with pytest.raises(Invalid):
        services.close(deliberation_id=found.pk, answer=" ", by=world.people.facilitator, at=world.tick())
    closed = services.close(
        deliberation_id=found.pk, answer="We will look again.", by=world.people.facilitator, at=world.tick()
    )
    with pytest.raises(DomainError):
        services.close(deliberation_id=closed.pk, answer="Again.", by=world.people.facilitator, at=world.tick())


def test_no_deliberation_may_show_a_group_of_so_few_that_it_tells_votes(world: World) -> None:
    with pytest.raises(Invalid, match="smallest_group"):
        _prepared(world, smallest_group=2)
    found = _prepared(world)
    assert refused(f"UPDATE deliberation_deliberation SET smallest_group = 1 WHERE id = {found.pk}")


def test_a_ballot_in_the_log_names_no_group(world: World) -> None:
    found = _voting(world)
    world.vote(found)
    cast = log.entries(event_type="deliberation.ballot.cast")
    assert {tuple(sorted(entry.document["data"])) for entry in cast} == {("commitment",)}
