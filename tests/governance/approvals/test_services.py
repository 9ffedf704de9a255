"""Candidates, sign-offs and decisions: what counts, what voids it, and who may not."""

from __future__ import annotations

import pytest

from governance.approvals import issuing, policies, selectors, services
from governance.approvals.models import Approval, CandidateRevision, Decision, ReleaseCandidate, SignOff
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.gates.selectors import latest_report
from governance.specs.models import SpecificationVersion
from tests.factories import mirror
from tests.factories.world import FAILING, FEW, PHONE, SPECIFICATION, UNEQUAL, World
from tests.governance.refused import refused

TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 2.0.0").replace("threshold: 0.70", "threshold: 0.72")
ONE_SIGNER = TIGHTER.replace("{role: board_member, count: 2}", "{role: board_member, count: 1}")


def _refresh(world: World, candidate: ReleaseCandidate) -> CandidateRevision:
    return services.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())


def _unmet(candidate: ReleaseCandidate, world: World) -> list[str]:
    standing = selectors.standing_of(selectors.newest_revision(candidate), at=world.now)
    return [requirement.key for requirement in standing.unmet]


@pytest.mark.expectation(4)
def test_a_candidate_keeps_the_rule_that_it_was_opened_under(world: World) -> None:
    opened, closed = world.open_candidate(number="1"), world.open_candidate(number="2")
    world.sign_all(closed)
    decision = world.decide(closed)
    before = selectors.standing_of(selectors.newest_revision(closed), at=world.now)
    world.ratify(ONE_SIGNER)
    after = selectors.standing_of(selectors.newest_revision(closed), at=world.now)
    pinned = {row["role"]: row["count"] for row in services.newest_revision(opened).content()["policy"]["sign_offs"]}
    assert pinned == {"board_member": 2, "representative": 1}
    assert "sign-offs:board_member" in _unmet(opened, world)
    assert after == before
    assert Decision.objects.get(pk=decision.pk).digest == decision.digest


@pytest.mark.expectation(4)
@pytest.mark.expectation(9)
def test_a_new_specification_voids_what_was_signed_and_a_refresh_takes_up_its_rule(
    world: World, candidate: ReleaseCandidate
) -> None:
    world.sign_all(candidate)
    world.ratify(ONE_SIGNER)
    with pytest.raises(NotAllowedNow, match="out of date"):
        world.decide(candidate)
    world.give_evidence(candidate.model_version)
    world.judge(candidate.model_version)
    revision = _refresh(world, candidate)
    assert revision.number == 2
    assert not revision.sign_offs.exists()
    assert revision.content()["policy"]["sign_offs"][0]["count"] == 1
    for name in ("board", "representative"):
        world.sign(candidate, name)
    assert world.decide(candidate).outcome == "approved"


@pytest.mark.expectation(9)
def test_new_evidence_voids_what_was_signed_even_before_the_gate_judged_it(
    world: World, candidate: ReleaseCandidate
) -> None:
    world.sign_all(candidate)
    world.give_evidence(candidate.model_version, FAILING)
    assert "current" in _unmet(candidate, world)
    with pytest.raises(NotAllowedNow, match="newer evidence"):
        world.decide(candidate)
    with pytest.raises(NotAllowedNow) as refusal:
        _refresh(world, candidate)
    assert refusal.value.code == "unjudged"
    world.judge(candidate.model_version)
    revision = _refresh(world, candidate)
    assert not revision.sign_offs.exists()
    assert revision.report.verdict == "FAIL"


@pytest.mark.expectation(9)
def test_other_bytes_void_what_was_signed(world: World, candidate: ReleaseCandidate) -> None:
    world.sign_all(candidate)
    mirror.rehashed(candidate.model_version, content=b"other", at=world.tick())
    with pytest.raises(NotAllowedNow, match="bytes"):
        world.decide(candidate)
    with pytest.raises(Conflict) as refusal:
        world.sign(candidate, "board")
    assert refusal.value.code in ("stale-candidate", "signed-already")


@pytest.mark.expectation(9)
def test_what_is_stale_is_not_signed(world: World, candidate: ReleaseCandidate) -> None:
    world.give_evidence(candidate.model_version, FAILING)
    with pytest.raises(Conflict) as refusal:
        world.sign(candidate, "board")
    assert refusal.value.code == "stale-candidate"
    assert not SignOff.objects.exists()


def test_what_was_not_shown_is_neither_signed_nor_decided(world: World, candidate: ReleaseCandidate) -> None:
    shown = services.newest_revision(candidate).digest
    world.give_evidence(candidate.model_version)
    world.judge(candidate.model_version)
    _refresh(world, candidate)
    with pytest.raises(Conflict):
        services.sign(
            candidate_id=candidate.pk,
            shown_digest=shown,
            role="board_member",
            stance="approve",
            by=world.people.board,
            at=world.tick(),
        )
    for outcome in ("approved", "rejected"):
        with pytest.raises((Conflict, NotAllowedNow)):
            services.decide(
                candidate_id=candidate.pk,
                shown_digest=shown,
                outcome=outcome,
                reason="Said.",
                by=world.people.board,
                at=world.tick(),
            )
    assert not Decision.objects.exists()


def test_nothing_is_refreshed_for_nothing(world: World, candidate: ReleaseCandidate) -> None:
    with pytest.raises(Conflict, match="Nothing has changed"):
        _refresh(world, candidate)


@pytest.mark.expectation(5)
def test_the_quorum_counts_each_role_and_still_shows_after_the_close(world: World, candidate: ReleaseCandidate) -> None:
    world.sign(candidate, "board")
    world.sign(candidate, "representative")
    assert _unmet(candidate, world) == ["sign-offs:board_member"]
    with pytest.raises(NotAllowedNow) as refusal:
        world.decide(candidate)
    assert [problem.where for problem in refusal.value.problems] == ["sign-offs:board_member"]
    world.sign(candidate, "second_board")
    world.decide(candidate)
    shown = selectors.standing_of(selectors.newest_revision(candidate), at=world.tick())
    counts = {r.key: (r.have, r.need) for r in shown.requirements if r.need is not None}
    assert counts == {"sign-offs:board_member": (2, 2), "sign-offs:representative": (1, 1)}


@pytest.mark.expectation(7)
@pytest.mark.parametrize("stance", ["object", "abstain"])
def test_objecting_and_abstaining_need_a_reason(world: World, stance: str, candidate: ReleaseCandidate) -> None:
    with pytest.raises(Invalid) as refusal:
        world.sign(candidate, "board", stance=stance, reason="  ")
    assert refusal.value.problems[0].where == "reason"
    world.sign(candidate, "board", stance=stance, reason="Too few cases.")
    assert SignOff.objects.get().reason == "Too few cases."


@pytest.mark.expectation(7)
def test_rejecting_needs_a_reason_and_keeps_the_dissent(world: World, candidate: ReleaseCandidate) -> None:
    world.sign(candidate, "second_board", stance="object", reason="It misses people.")
    with pytest.raises(Invalid):
        services.decide(
            candidate_id=candidate.pk,
            shown_digest=services.newest_revision(candidate).digest,
            outcome="rejected",
            reason=" ",
            by=world.people.board,
            at=world.tick(),
        )
    decision = world.decide(candidate, outcome="rejected")
    dissent = decision.content()["dissent"]
    assert dissent["objections"] == [world.people.second_board.actor]
    (filed,) = dissent["deliberation"]
    assert (filed["actor"], len(filed["commitment"])) == (world.people.participant_limited.actor, 64)
    assert not hasattr(decision, "approval")


def test_a_rejected_candidate_can_be_opened_anew(world: World, candidate: ReleaseCandidate) -> None:
    world.decide(candidate, outcome="rejected")
    again = world.open_again(candidate.model_version)
    assert again.pk != candidate.pk


def test_a_sign_off_is_final_for_its_revision(world: World, candidate: ReleaseCandidate) -> None:
    world.sign(candidate, "board")
    with pytest.raises(Conflict) as refusal:
        world.sign(candidate, "board", stance="object", reason="I changed my mind.")
    assert refusal.value.code == "signed-already"
    for statement in (
        "UPDATE approvals_signoff SET stance = 'object'",
        "DELETE FROM approvals_signoff",
        "TRUNCATE approvals_signoff CASCADE",
    ):
        assert refused(statement)


@pytest.mark.parametrize("table", ["approvals_decision", "approvals_candidaterevision", "approvals_approvalending"])
def test_the_database_changes_no_record_of_a_decision(table: str, approval: Approval) -> None:
    assert refused(f"UPDATE {table} SET leaf_id = 0")
    assert refused(f"DELETE FROM {table}")


def test_a_decided_candidate_changes_no_more(world: World, candidate: ReleaseCandidate) -> None:
    world.sign_all(candidate)
    world.decide(candidate)
    for attempt in (
        lambda: world.decide(candidate, outcome="rejected"),
        lambda: _refresh(world, candidate),
        lambda: services.withdraw_candidate(
            candidate_id=candidate.pk, reason="No.", by=world.people.engineer, at=world.tick()
        ),
        lambda: services.declare_conflict(
            candidate_id=candidate.pk, reason="No.", by=world.people.board, at=world.tick()
        ),
    ):
        with pytest.raises(NotAllowedNow):
            attempt()
    for state in ("open", "withdrawn"):
        assert refused(f"UPDATE approvals_releasecandidate SET state = '{state}' WHERE id = {candidate.pk}")


@pytest.mark.expectation(3)
@pytest.mark.parametrize("counts", [FAILING, FEW, UNEQUAL])
def test_whatever_is_not_a_pass_is_not_approved_whoever_signed(
    world: World, counts: dict[str, tuple[int, int]]
) -> None:
    candidate = world.open_candidate(counts)
    world.sign_all(candidate)
    with pytest.raises(NotAllowedNow) as refusal:
        world.decide(candidate)
    assert "gate" in {problem.where for problem in refusal.value.problems}


def test_a_closed_route_lets_a_deliberated_gap_pass_once_signers_have_seen_what_won(world: World) -> None:
    candidate = world.open_candidate(UNEQUAL)
    world.sign_all(candidate)
    world.close_routes(services.newest_revision(candidate).report)
    with pytest.raises(NotAllowedNow, match="a route of its gate report was closed since"):
        world.decide(candidate)
    services.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    [answered] = services.newest_revision(candidate).content()["routes"]
    assert (answered["state"], answered["winner"], len(answered["outcome"])) == ("closed", "adopt", 64)
    world.sign_all(candidate)
    assert world.decide(candidate).outcome == "approved"


def test_what_serves_the_context_now_is_what_a_release_is_compared_with(
    world: World, specification: SpecificationVersion
) -> None:
    second = world.judged(number="2").model_version
    approval = world.approve("1")
    about = {"system_key": "outreach", "version": second, "context_key": PHONE, "by": world.people.engineer}
    with pytest.raises(NotAllowedNow, match="another version than serves us/outreach/phone now") as refusal:
        services.open_candidate(**about, at=world.tick())
    assert refusal.value.code == "other-incumbent"
    compared = world.judge(second)
    candidate = services.open_candidate(**about, at=world.tick())
    issuing.revoke(approval_id=approval.pk, reason="It harms people.", by=world.people.board, at=world.tick())
    with pytest.raises(Conflict, match="another version serves the context"):
        world.sign(candidate, "board")
    assert world.judge(second).digest != compared.digest


def test_a_judgement_that_comes_back_is_the_newest_again(world: World, specification: SpecificationVersion) -> None:
    second = world.judged(number="2").model_version
    alone = latest_report(version=second, context_key=PHONE)
    approval = world.approve("1")
    compared = world.judge(second)
    issuing.revoke(approval_id=approval.pk, reason="It harms people.", by=world.people.board, at=world.tick())
    again = world.judge(second)
    assert again.digest == alone.digest != compared.digest
    assert latest_report(version=second, context_key=PHONE) == again


def test_one_candidate_stands_open_for_a_version_and_context(world: World, candidate: ReleaseCandidate) -> None:
    with pytest.raises(Conflict):
        services.open_candidate(
            system_key="outreach",
            version=candidate.model_version,
            context_key=PHONE,
            by=world.people.engineer,
            at=world.tick(),
        )


def test_nothing_is_put_forward_unregistered_unjudged_or_elsewhere(
    world: World, specification: SpecificationVersion
) -> None:
    for version, context in ((world.mirror("8"), PHONE), (world.register("9").model_version, PHONE)):
        with pytest.raises(NotFound):
            services.open_candidate(
                system_key="outreach", version=version, context_key=context, by=world.people.engineer, at=world.tick()
            )
    with pytest.raises(NotFound, match="us/outreach/fax"):
        services.open_candidate(
            system_key="outreach",
            version=world.judged(number="10").model_version,
            context_key="us/outreach/fax",
            by=world.people.engineer,
            at=world.tick(),
        )
    assert not ReleaseCandidate.objects.exists()


def test_a_revision_says_how_often_the_version_was_evaluated(world: World, specification: SpecificationVersion) -> None:
    version = world.register().model_version
    for counts in (FAILING, FEW, None):
        world.give_evidence(version, counts)
    world.judge(version)
    candidate = world.open_again(version)
    content = services.newest_revision(candidate).content()
    assert len(content["evidence"]) == 1
    assert content["evaluations_seen"] == 3


def test_reasons_are_sealed_and_stand_in_no_leaf(world: World, candidate: ReleaseCandidate) -> None:
    world.sign(candidate, "board", stance="object", reason="Mrs Example told me so.")
    services.declare_conflict(
        candidate_id=candidate.pk, reason="Mr Example is my brother.", by=world.people.board, at=world.tick()
    )
    services.withdraw_candidate(
        candidate_id=candidate.pk, reason="Because of the Examples.", by=world.people.engineer, at=world.tick()
    )
    assert not any(b"Example" in bytes(entry) for entry in Leaf.objects.values_list("entry", flat=True))


def test_an_empty_policy_approves_nothing() -> None:
    assert not policies.Standing(()).met
