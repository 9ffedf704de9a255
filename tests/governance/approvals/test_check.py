"""What a pipeline is told: yes for exactly what was approved, and otherwise a no that names each unmet requirement."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.approvals import answering, issuing, selectors, tasks
from governance.approvals.models import Approval, ApprovalEnding, ReleaseCandidate, WriteBack
from governance.approvals.selectors import Answer
from governance.approvals.states import ApprovalState
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion
from tests.factories import mirror
from tests.factories.world import FAILING, FEW, LETTER, PHONE, SPECIFICATION, World
from tests.governance.refused import refused

TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
REWORDED = SPECIFICATION.replace("version: 1.0.0", "version: 1.0.1").replace("Need is seen", "Need is noticed")
URI = "models:/outreach-model/1"


def _check(world: World, version: ModelVersion, *, context: str = PHONE, days: int = 0, digest: str = "") -> Answer:
    at = world.tick() + timedelta(days=days)
    given = digest or version.digest
    return selectors.check(version=version, context_key=context, digest=given, system=world.system, at=at)


def _keys(answer: Answer) -> set[str]:
    assert not answer.allowed
    assert all(requirement.sentence and not requirement.met for requirement in answer.unmet)
    return {requirement.key for requirement in answer.unmet}


def _revoke(world: World, approval: Approval, reason: str = "It harms people.") -> ApprovalEnding:
    return issuing.revoke(approval_id=approval.pk, reason=reason, by=world.people.board, at=world.tick())


@pytest.mark.expectation(25)
def test_yes_is_for_exactly_these_bytes_in_this_context_in_this_time(world: World, approval: Approval) -> None:
    version = approval.model_version
    assert _check(world, version).allowed
    assert _check(world, version, days=179).allowed
    assert _keys(_check(world, version, context=LETTER)) == {"approval", "gate"}
    assert _keys(_check(world, version, digest="0" * 64)) == {"approval", "bytes"}
    assert _keys(_check(world, world.mirror("2"))) == {"approval", "registration", "gate"}


@pytest.mark.expectation(12)
@pytest.mark.expectation(25)
def test_when_its_time_is_over_the_answer_is_no_though_nothing_recorded_it(world: World, approval: Approval) -> None:
    answer = _check(world, approval.model_version, days=180)
    assert "approval" in _keys(answer)
    assert "expired" in answer.unmet[0].sentence
    assert Approval.objects.get().state == ApprovalState.ACTIVE


@pytest.mark.expectation(12)
def test_the_sweep_records_what_has_lapsed_and_leaves_what_stands(world: World) -> None:
    stands, ends = world.approve("1"), world.approve("2")
    mirror.rehashed(ends.model_version, content=b"other", at=world.tick())
    tasks.expire()
    tasks.expire()
    assert Approval.objects.get(pk=stands.pk).state == ApprovalState.ACTIVE
    ending = ApprovalEnding.objects.get()
    assert (ending.approval_id, ending.state) == (ends.pk, "lapsed")
    assert Leaf.objects.filter(type="approvals.approval.ended").count() == 1
    assert {row.word for row in WriteBack.objects.filter(approval=ends)} == {"approved", "lapsed"}


@pytest.mark.expectation(12)
def test_a_lapse_by_time_is_recorded_once_and_only_when_it_is_true(world: World, approval: Approval) -> None:
    machine = world.people.machine
    with pytest.raises(NotAllowedNow, match="still stands"):
        issuing.lapse(approval_id=approval.pk, by=machine, at=world.tick())
    later = world.now + timedelta(days=181)
    assert "expired" in issuing.lapse(approval_id=approval.pk, by=machine, at=later).reason
    with pytest.raises(NotAllowedNow):
        issuing.lapse(approval_id=approval.pk, by=machine, at=later)


@pytest.mark.expectation(25)
def test_what_was_revoked_is_refused_with_the_reason(world: World, approval: Approval) -> None:
    with pytest.raises(Invalid):
        _revoke(world, approval, " ")
    _revoke(world, approval)
    answer = _check(world, approval.model_version)
    assert "approval" in _keys(answer)
    assert "It harms people." in answer.unmet[0].sentence
    with pytest.raises(NotAllowedNow):
        _revoke(world, approval)


@pytest.mark.expectation(25)
def test_other_bytes_under_the_same_name_close_the_gate(world: World, approval: Approval) -> None:
    mirror.rehashed(approval.model_version, content=b"other", at=world.tick())
    assert "approval" in _keys(_check(world, approval.model_version))
    assert "approval" in _keys(_check(world, approval.model_version, digest=approval.artifact_digest))


@pytest.mark.expectation(25)
def test_a_specification_that_asks_for_more_ends_it_and_other_words_do_not(world: World, approval: Approval) -> None:
    world.ratify(REWORDED)
    assert _check(world, approval.model_version).allowed
    world.ratify(TIGHTER)
    answer = _check(world, approval.model_version)
    assert "1.1.0" in answer.unmet[0].sentence


@pytest.mark.expectation(9)
@pytest.mark.expectation(25)
def test_evidence_that_fails_ends_what_earlier_evidence_was_approved_on(world: World, approval: Approval) -> None:
    world.give_evidence(approval.model_version, FAILING)
    assert world.judge(approval.model_version).verdict == "FAIL"
    assert "FAIL" in _check(world, approval.model_version).unmet[0].sentence


@pytest.mark.expectation(25)
def test_a_later_rejection_by_the_board_ends_the_approval(world: World, approval: Approval) -> None:
    world.decide(world.open_again(approval.model_version), outcome="rejected", name="second_board")
    assert "rejected" in _check(world, approval.model_version).unmet[0].sentence


@pytest.mark.expectation(9)
def test_another_choice_of_whose_cases_count_ends_an_approval(world: World, approval: Approval) -> None:
    world.declare("limited", {"column": "limited", "in": ["yes", "a little"]})
    world.ratify(REWORDED.replace("version: 1.0.1", "version: 2.0.0"))
    assert "2.0.0" in _check(world, approval.model_version).unmet[0].sentence


@pytest.mark.expectation(25)
@pytest.mark.expectation(3)
def test_what_was_never_judged_reads_not_evaluated(world: World, specification: SpecificationVersion) -> None:
    answer = _check(world, world.register().model_version)
    assert _keys(answer) == {"approval", "gate"}
    assert "not evaluated" in answer.unmet[1].sentence


@pytest.mark.expectation(25)
@pytest.mark.parametrize(("counts", "said"), [(FAILING, "poor-health"), (FEW, "poor-health")])
def test_what_the_gate_did_not_pass_says_which_group(
    world: World, counts: dict[str, tuple[int, int]], said: str, specification: SpecificationVersion
) -> None:
    answer = _check(world, world.judged(counts).model_version)
    assert any(said in requirement.sentence for requirement in answer.unmet if requirement.key == "gate")


@pytest.mark.expectation(25)
def test_an_open_candidate_says_which_signatures_it_waits_for(world: World, candidate: ReleaseCandidate) -> None:
    world.sign(candidate, "board")
    keys = _keys(_check(world, candidate.model_version))
    assert keys == {"approval", "sign-offs:board_member", "sign-offs:representative"}


@pytest.mark.expectation(25)
def test_a_digest_that_is_old_and_a_server_that_is_away_is_a_no(world: World, approval: Approval) -> None:
    asked = {"uri": URI, "context_key": PHONE, "by": world.people.pipeline}
    assert answering.ask(**asked, at=world.tick()).allowed
    stale = answering.ask(**asked, at=world.now + timedelta(days=2))
    assert _keys(stale) == {"bytes"}
    assert "could not be checked" in stale.unmet[0].sentence
    folder = {"digest": approval.artifact_digest, "manifest": approval.model_version.fingerprint}
    assert answering.ask(**asked, **folder, at=world.now + timedelta(days=2)).allowed


@pytest.mark.expectation(25)
@pytest.mark.parametrize(
    ("uri", "context"),
    [
        ("models:/outreach-model/99", PHONE),
        ("models:/another-model/1", PHONE),
        ("models:/outreach-model/1", "us/outreach"),
        ("models:/outreach-model/1", "us/outreach/phone/night"),
    ],
)
def test_what_is_unknown_is_refused_by_name(world: World, uri: str, context: str, approval: Approval) -> None:
    with pytest.raises(NotFound):
        answering.ask(uri=uri, context_key=context, by=world.people.pipeline, at=world.tick())


@pytest.mark.parametrize("who", ["outsider", "administrator"])
def test_nobody_asks_without_a_role(world: World, who: str, approval: Approval) -> None:
    with pytest.raises((NotFound, NotPermitted)):
        answering.ask(uri=URI, context_key=PHONE, by=world.people.by_name[who], at=world.tick())


def test_a_new_approval_of_the_same_bytes_takes_the_place_of_the_old(world: World) -> None:
    first = world.approve("1")
    candidate = world.open_again(first.model_version)
    world.sign_all(candidate)
    second = world.decide(candidate).approval
    assert Approval.objects.get(pk=first.pk).state == ApprovalState.SUPERSEDED
    assert _check(world, first.model_version).approval == second


@pytest.mark.parametrize(
    "change",
    ["valid_until = now() + interval '9 years'", "context_key = 'us/outreach/letter'", "artifact_digest = 'x'"],
)
def test_the_database_stretches_no_approval(change: str, approval: Approval) -> None:
    assert refused(f"UPDATE approvals_approval SET {change}")


def test_the_database_brings_no_approval_back(world: World) -> None:
    _revoke(world, world.approve())
    assert refused("UPDATE approvals_approval SET state = 'active'")
    assert refused("DELETE FROM approvals_approval")


def test_mlflow_is_told_once(world: World) -> None:
    row = world.approve().write_backs.get()
    machine = world.people.machine
    issuing.registry_told(write_back_id=row.pk, by=machine, at=world.tick())
    with pytest.raises(NotAllowedNow):
        issuing.registry_told(write_back_id=row.pk, by=machine, at=world.tick())
    with pytest.raises(NotFound):
        issuing.registry_told(write_back_id=row.pk + 1, by=machine, at=world.tick())


def test_the_attestation_key_is_named_once(world: World) -> None:
    with pytest.raises(Conflict):
        issuing.introduce_key(by=world.people.machine, at=world.tick())


def test_a_server_that_is_away_leaves_the_write_back_waiting(world: World) -> None:
    row = world.approve().write_backs.get()
    tasks.write_back(write_back_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.last_error
