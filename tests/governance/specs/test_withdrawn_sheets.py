"""Withdrawing a metric's sheet: from then on the metric gates nothing, and what was approved by it stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.approvals import consequences, endings, standing
from governance.approvals import services as approvals
from governance.approvals.models import Approval, ReleaseCandidate
from governance.approvals.selectors import newest_revision
from governance.audit import services as audit
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound
from governance.exports import bundle, dossier, verify
from governance.specs import selectors, services
from governance.specs.models import SheetApproval, SheetWithdrawal, SpecificationVersion
from tests.factories.world import World
from tests.governance.refused import refused

pytestmark = pytest.mark.django_db


def approved(world: World) -> str:
    """Return the digest of the approved sheet of recall, empty where there is none."""
    found = selectors.approved_sheets(system=world.system, metrics=["recall"])
    return found["recall"].digest if found else ""


def test_a_metric_whose_sheet_is_withdrawn_gates_nothing_any_more(
    world: World, specification: SpecificationVersion
) -> None:
    before = world.judged()
    assert before.verdict == "PASS"
    ended = world.withdraw_sheet()
    assert (ended.because, Leaf.objects.get(pk=ended.leaf_id).type) == (
        "It counts letters.",
        "specs.sheet.withdrawn",
    )
    report = world.judge(before.model_version)
    assert report.verdict == "INSUFFICIENT"
    assert "the metric recall has no approved provenance sheet" in report.content()["reasons"][0]


def test_an_earlier_approval_does_not_come_back(world: World, specification: SpecificationVersion) -> None:
    by, at = world.people.steward, world.tick()
    answers = {name: f"Anew: {text}" for name, text in _answers(world).items()}
    written = services.write_sheet(system_key="outreach", metric="recall", answers=answers, by=by, at=at)
    _approve(world, written.digest)
    world.withdraw_sheet()
    assert approved(world) == ""


def test_the_same_answers_are_written_anew_and_approved_anew(world: World, specification: SpecificationVersion) -> None:
    digest = approved(world)
    world.withdraw_sheet()
    with pytest.raises(NotAllowedNow, match="was withdrawn") as refusal:
        _approve(world, digest)
    assert refusal.value.code == "sheet-withdrawn"
    assert world.write_sheet("recall").digest == digest
    assert approved(world) == ""
    _approve(world, digest)
    assert approved(world) == digest
    assert len(selectors.writings(system=world.system, metric="recall", by=world.people.auditor)) == 2


def test_one_withdraws_what_one_read_and_says_why(world: World, specification: SpecificationVersion) -> None:
    leaves = Leaf.objects.count()
    with pytest.raises(Conflict, match="Another sheet is approved"):
        _withdraw(world, digest="0" * 64)
    with pytest.raises(Invalid, match="Say why"):
        _withdraw(world, because=" ")
    with pytest.raises(NotFound, match="no approved sheet"):
        _withdraw(world, metric="kindness")
    assert Leaf.objects.count() == leaves
    _withdraw(world)
    with pytest.raises(NotFound, match="no approved sheet"):
        _withdraw(world)


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_takes_no_withdrawal_back(
    world: World, statement: str, specification: SpecificationVersion
) -> None:
    world.withdraw_sheet()
    assert refused(statement.format("specs_sheetwithdrawal"))
    assert SheetWithdrawal.objects.count() == 1


def test_an_open_candidate_is_out_of_date_until_it_is_judged_anew(world: World, candidate: ReleaseCandidate) -> None:
    world.withdraw_sheet()
    revision = newest_revision(candidate)
    assert standing.stale_because(revision, at=world.now) == "the provenance sheet of recall was withdrawn."
    with pytest.raises(NotAllowedNow, match="Judge it anew") as refusal:
        approvals.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    assert refusal.value.code == "sheet-withdrawn"
    world.judge(candidate.model_version)
    renewed = approvals.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    assert renewed.content()["gate"]["verdict"] == "INSUFFICIENT"
    assert renewed.content()["metrics"] == []


def test_an_approval_stands_and_its_bundle_verifies(world: World, approval: Approval) -> None:
    world.withdraw_sheet()
    assert endings.ended_because(approval, at=world.now) == ""
    assert not _problem(world, approval)


def test_a_bundle_holds_the_approval_that_the_signers_relied_on(
    world: World, specification: SpecificationVersion
) -> None:
    digest = approved(world)
    world.withdraw_sheet()
    world.write_sheet("recall")
    _approve(world, digest)
    anew = selectors.approved_sheets(system=world.system, metrics=["recall"])["recall"]
    approval = world.approve()
    world.withdraw_sheet()
    world.write_sheet("recall")
    _approve(world, digest)
    assert not _problem(world, approval)
    leaves = dossier.compile_dossier(approval=approval, signing_key=approval.key_id).leaves
    assert set(leaves) & set(SheetApproval.objects.values_list("leaf_id", flat=True)) == {anew.approval.leaf_id}


def test_what_rests_on_it_is_known_before(world: World, approval: Approval) -> None:
    candidate = world.open_candidate(number="2")
    resting = consequences.of_withdrawing(system=world.system, by=world.people.steward, at=world.now)
    assert (resting["recall"].approvals, resting["recall"].candidates) == ([approval], [candidate])
    assert set(resting) == {"recall"}
    assert not consequences.of_withdrawing(system=world.system, by=world.people.outsider, at=world.now)


def _answers(world: World) -> dict[str, str]:
    document = selectors.approved_sheets(system=world.system, metrics=["recall"])["recall"].content()
    return {name: text for name, text in document.items() if name not in ("schema", "metric")}


def _approve(world: World, digest: str) -> None:
    by, at = world.people.board, world.tick()
    services.approve_sheet(system_key="outreach", metric="recall", digest=digest, by=by, at=at)


def _withdraw(world: World, *, metric: str = "recall", digest: str = "", because: str = "Nobody uses it.") -> None:
    services.withdraw_sheet(
        system_key="outreach",
        metric=metric,
        digest=digest or approved(world),
        because=because,
        by=world.people.steward,
        at=world.tick(),
    )


def _problem(world: World, approval: Approval) -> str:
    audit.integrate(at=datetime.now(UTC))
    data = bundle.write_bundle(approval=approval, by=world.people.auditor, at=world.tick())
    return verify.verify(data, keys=bundle.public_keys()).wrong
