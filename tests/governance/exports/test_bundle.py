"""A bundle of a real approval, and what its reader learns from it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from django.db import connections

from governance import canonical
from governance.approvals import issuing
from governance.approvals import services as approvals
from governance.approvals.models import Approval
from governance.audit import services as audit
from governance.errors import Conflict, NotAllowedNow, NotFound
from governance.evidence import services as evidence
from governance.exports import archive, bundle, layout
from governance.exports.verify import verify
from governance.systems import services as systems
from lineage.models import ModelVersion
from tests import database
from tests.factories.world import PASSING, PHONE, UNEQUAL, World
from tests.governance.exports.conftest import Exported, export
from tests.governance.gates.test_measured_signals import RATED, judged, rated

ROOT = Path(__file__).resolve().parents[3]
WITHOUT_DJANGO = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "psycopg", "mlflow", "rest_framework", "celery"}:
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Blocked())
from governance.exports.verify import verify
report = verify(open(sys.argv[1], "rb").read(), keys=open(sys.argv[2], "rb").read())
print(report.wrong)
sys.exit(not report.ok)
"""


@pytest.mark.expectation(15)
@pytest.mark.expectation(19)
def test_a_bundle_verifies_without_django_database_or_environment(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(exported.data)
    (tmp_path / "keys.pub").write_bytes(exported.keys)
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO, str(tmp_path / "a.zip"), str(tmp_path / "keys.pub")],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout.strip()) == (0, ""), found.stdout + found.stderr


def test_the_report_says_what_was_approved_and_what_only_a_signature_vouches_for(exported: Exported) -> None:
    report = verify(exported.data, keys=exported.keys)
    assert report.ok, report.wrong
    assert (report.approval["model"], report.approval["context"]) == ("models:/outreach-model/1", "us/outreach/phone")
    assert {step.name for step in report.steps if step.basis == "recomputed"} > {"gate", "decision", "log entries"}
    assert report.document(at=datetime.now(UTC))["vouched_by_signature_alone"]


def test_other_programs_can_read_the_archive(exported: Exported) -> None:
    with zipfile.ZipFile(io.BytesIO(exported.data)) as opened:
        assert opened.testzip() is None
        listed = json.loads(opened.read(layout.MANIFEST))
        names = {row["name"] for row in listed["subject"]}
        assert names | layout.SIGNED == set(opened.namelist())


def test_no_ballot_salt_name_or_address_leaves_the_house(exported: Exported) -> None:
    members = archive.unpack(exported.data)
    everything = b"".join(members.values())
    assert b"@example.org" not in everything
    assert b"ranking" not in everything
    disclosed = json.loads(members[layout.DISCLOSED])
    assert {row["name"] for row in disclosed} <= {"reason", "text"}


def test_the_dissent_of_the_deliberation_is_in_it(exported: Exported) -> None:
    members = archive.unpack(exported.data)
    (filed,) = json.loads(members[layout.OUTCOME])["dissent"]
    (opened,) = [row for row in json.loads(members[layout.DISCLOSED]) if row["name"] == "text"]
    assert opened["value"] == "The threshold is too low for people who cannot come in."
    salted = bytes.fromhex(opened["salt"]) + canonical.encode(opened["value"])
    assert filed["commitment"] == hashlib.sha256(salted).hexdigest()


@pytest.mark.expectation(18)
def test_a_bundle_verifies_when_the_words_of_the_dissent_were_erased(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    leaf = approval.decision.revision.specification.deliberation.positions.get(kind="dissent").leaf_id
    audit.erase_sealed(leaf_id=leaf, name="text", ground="GDPR 17", by=world.people.administrator, at=world.tick())
    found = export(world, approval)
    assert b"too low for people" not in b"".join(archive.unpack(found.data).values())
    report = verify(found.data, keys=found.keys)
    assert report.ok, report.wrong
    assert [what.split(" of ")[0] for what, _ in report.withheld] == ["text"]


def test_a_bundle_waits_until_the_tree_covers_every_entry(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    with pytest.raises(NotAllowedNow, match="not in the signed tree yet"):
        bundle.write_bundle(approval=approval, by=world.people.auditor, at=world.tick())
    with pytest.raises(NotFound):
        bundle.write_bundle(approval=approval, by=world.people.outsider, at=world.tick())


@pytest.mark.expectation(19)
def test_what_is_withheld_keeps_its_digest_and_an_ended_approval_says_so(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    sign_off = approval.decision.revision.sign_offs.order_by("pk").first()
    assert sign_off is not None
    audit.erase_sealed(
        leaf_id=sign_off.leaf_id, name="reason", ground="GDPR 17", by=world.people.administrator, at=world.tick()
    )
    issuing.revoke(approval_id=approval.pk, reason="Harm was reported.", by=world.people.board, at=world.tick())
    approval.refresh_from_db()
    found = export(world, approval)
    report = verify(found.data, keys=found.keys)
    assert report.ok, report.wrong
    assert [(what.split(" of ")[0], len(digest)) for what, digest in report.withheld] == [("reason", 64)]
    assert report.approval["ended"].startswith("revoked")
    assert report.fallen(at=world.tick()).startswith("It was revoked at ")


def test_an_approval_that_has_run_out_stands_no_more_though_every_proof_holds(exported: Exported) -> None:
    report = verify(exported.data, keys=exported.keys)
    until = datetime.fromisoformat(report.approval["valid_until"])
    before, after = report.document(at=until - timedelta(seconds=1)), report.document(at=until)
    assert (before["ok"], before["stands"], before["fallen"]) == (True, True, "")
    assert (after["ok"], after["stands"], after["fallen"]) == (True, False, f"It ran out at {until.isoformat()}.")


def test_nothing_stands_by_a_bundle_that_does_not_verify(exported: Exported) -> None:
    report = verify(exported.data[:-1], keys=exported.keys)
    assert not report.ok
    assert report.fallen(at=datetime.now(UTC))


def test_a_conflict_of_interest_is_counted_and_its_reason_withheld(
    committed_db: database.TestDatabase, world: World
) -> None:
    candidate = world.open_candidate()
    for name in ("second_board", "representative", "board"):
        world.sign(candidate, name)
    approvals.declare_conflict(
        candidate_id=candidate.pk, reason="My sister trained it.", by=world.people.second_board, at=world.tick()
    )
    people = world.people
    third = add_board_member(world)
    approvals.sign(
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        role="board_member",
        stance="approve",
        by=third,
        at=world.tick(),
    )
    decision = approvals.decide(
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        outcome="approved",
        reason="Two others signed.",
        by=people.board,
        at=world.tick(),
    )
    found = export(world, decision.approval)
    report = verify(found.data, keys=found.keys)
    assert report.ok, report.wrong
    assert b"My sister" not in found.data
    assert ["conflict.declared" in what for what, _ in report.withheld] == [True]


def test_what_raters_parted_over_is_in_the_bundle_and_verified(
    committed_db: database.TestDatabase, world: World
) -> None:
    world.ratify(RATED)
    version = world.register().model_version
    judged(world, version, rated(3))
    candidate = approvals.open_candidate(
        system_key="outreach", version=version, context_key=PHONE, by=world.people.engineer, at=world.tick()
    )
    world.sign_all(candidate)
    found = export(world, world.decide(candidate).approval)
    assert verify(found.data, keys=found.keys).ok
    with zipfile.ZipFile(io.BytesIO(found.data)) as archive:
        [name] = [name for name in archive.namelist() if name.startswith("evidence/")]
        assert json.loads(archive.read(name))["signals"][0]["signal"] == "vote-entropy"


def test_a_signer_who_brings_in_evidence_that_is_not_used_counts_for_no_verifier_either(
    committed_db: database.TestDatabase, world: World
) -> None:
    candidate = world.open_candidate()
    world.sign_all(candidate)
    at = world.tick()
    systems.grant_role(
        system_key="outreach",
        user=world.people.second_board,
        role="engineer",
        starts_at=at,
        ends_at=at + timedelta(days=30),
        by=world.people.administrator,
        at=at,
    )
    earlier = candidate.model_version.evaluations.get().evaluated_at - timedelta(seconds=1)
    reading = world.read_file(candidate.model_version, evaluated_at=earlier)
    evidence.record_file(system_key="outreach", reading=reading, by=world.people.second_board, at=world.tick())
    with pytest.raises(NotAllowedNow, match="1 of 2 approving sign-offs by a board member"):
        world.decide(candidate)
    approvals.sign(
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        role="board_member",
        stance="approve",
        by=add_board_member(world),
        at=world.tick(),
    )
    found = export(world, world.decide(candidate).approval)
    result = verify(found.data, keys=found.keys)
    assert result.ok, result.wrong


def add_board_member(world: World) -> object:

    from tests import people

    at = world.tick()
    person = people.add_person("third_board", by=world.people.administrator, at=at)
    systems.grant_role(
        system_key="outreach",
        user=person,
        role="board_member",
        group_key="",
        starts_at=at,
        ends_at=at + timedelta(days=30),
        by=world.people.administrator,
        at=at,
    )
    return person


def test_a_deliberated_signal_and_a_second_revision_verify_too(
    committed_db: database.TestDatabase, world: World
) -> None:
    candidate = world.open_candidate()
    world.give_evidence(candidate.model_version, UNEQUAL)
    report = world.judge(candidate.model_version)
    world.close_routes(report)
    approvals.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    world.sign_all(candidate)
    decision = approvals.decide(
        candidate_id=candidate.pk,
        shown_digest=approvals.newest_revision(candidate).digest,
        outcome="approved",
        reason="The gap was deliberated.",
        by=world.people.board,
        at=world.tick(),
    )
    found = export(world, decision.approval)
    result = verify(found.data, keys=found.keys)
    assert result.ok, result.wrong
    assert result.approval["verdict"] == "NEEDS_DELIBERATION"
    assert datetime.fromisoformat(result.approval["decided_at"]).tzinfo == UTC


def test_a_lineage_is_exported_as_it_was_signed_however_the_mirror_moves_on(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    ModelVersion.objects.update(source="models:/elsewhere")
    found = export(world, approval)
    report = verify(found.data, keys=found.keys)
    assert report.ok, report.wrong
    assert report.withheld == ()


def test_what_was_given_up_against_the_incumbent_stands_in_a_bundle_that_verifies(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    candidate = world.open_candidate({**PASSING, "poor-health": (850, 1000)}, number="2")
    world.sign_all(candidate)
    found = export(world, world.decide(candidate).approval)
    report = verify(found.data, keys=found.keys)
    assert report.ok, report.wrong
    envelope = orjson.loads(archive.unpack(found.data)[layout.STATEMENT])
    (loss,) = orjson.loads(base64.b64decode(envelope["payload"]))["predicate"]["incumbent"]["losses"]
    assert (loss["group"], loss["incumbent"], loss["candidate"]) == ("poor-health", "0.92", "0.85")


def test_a_record_that_is_not_what_was_logged_is_never_given_out(
    committed_db: database.TestDatabase, world: World, approval: Approval
) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE evidence_observation DISABLE TRIGGER USER")
        cursor.execute("UPDATE evidence_observation SET document = jsonb_set(document, '{n}', '1000')")
    with pytest.raises(Conflict, match="evidence/"):
        export(world, approval)
