"""The same name and version with other bytes: an incident, once for each change."""

from __future__ import annotations

import json

import pytest

from governance.approvals.models import Approval
from governance.audit.models import Leaf
from governance.errors import Conflict
from governance.evidence import services as evidence
from governance.monitoring import selectors, services
from governance.monitoring.models import IntegrityIncident
from lineage.models import SyncReport
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db
FOUND, RESOLVED = "monitoring.integrity.found", "monitoring.integrity.resolved"


def judge(world: World) -> None:
    report = SyncReport.objects.create(server=mirror.server(), started_at=world.tick(), outcome="succeeded")
    services.judge_synchronisation(system_key="outreach", report=report, by=world.people.machine, at=world.tick())


def change(world: World, approval: Approval, content: bytes) -> None:
    mirror.rehashed(approval.model_version, content=content, at=world.tick())
    judge(world)


def leaves(kind: str) -> int:
    return Leaf.objects.filter(type=kind).count()


@pytest.mark.expectation(23)
def test_other_bytes_are_an_incident_that_ends_the_approval_and_closes_the_gate(
    world: World, approval: Approval
) -> None:
    judge(world)
    assert leaves(FOUND) == 0
    change(world, approval, b"other")
    (incident,) = selectors.standing_incidents(by=world.people.auditor, system=world.system)
    version = approval.model_version
    assert (incident.model_version, incident.before.digest) == (version, approval.artifact_digest)
    assert incident.after.digest == version.digest
    assert incident.files == {"changed": ["model.pkl"], "added": [], "removed": []}
    approval.refresh_from_db()
    assert approval.state == "lapsed"
    with pytest.raises(Conflict) as refusal:
        evidence.register_checkpoint(system_key="outreach", version=version, by=world.people.engineer, at=world.tick())
    assert refusal.value.code == "integrity-conflict"
    assert world.judge(version).verdict == "INSUFFICIENT"


@pytest.mark.expectation(23)
def test_the_entry_names_server_digests_and_files(world: World, approval: Approval) -> None:
    change(world, approval, b"other")
    data = json.loads(bytes(Leaf.objects.get(type=FOUND).entry))["data"]
    assert data["server"] == "main"
    assert (data["before"], data["after"]) == (approval.artifact_digest, approval.model_version.digest)
    assert (data["changed"], data["added"], data["removed"], data["differing"]) == (["model.pkl"], [], [], 1)


@pytest.mark.expectation(23)
def test_a_change_is_recorded_once_and_the_next_change_anew(world: World, approval: Approval) -> None:
    change(world, approval, b"other")
    judge(world)
    assert leaves(FOUND) == 1
    change(world, approval, b"yet another")
    assert leaves(FOUND) == 2
    states = dict(IntegrityIncident.objects.order_by("pk").values_list("state", "resolved_because"))
    assert states == {"resolved": "Its files were changed again.", "open": ""}


@pytest.mark.expectation(23)
def test_changes_between_two_looks_are_all_recorded(world: World, approval: Approval) -> None:
    mirror.rehashed(approval.model_version, content=b"other", at=world.tick())
    change(world, approval, b"yet another")
    assert leaves(FOUND) == 2
    assert selectors.standing_incidents(by=world.people.auditor).count() == 1


def test_it_is_resolved_once_the_first_files_are_back(world: World, approval: Approval) -> None:
    change(world, approval, b"other")
    change(world, approval, mirror.WEIGHTS + b"1")
    assert (leaves(FOUND), leaves(RESOLVED)) == (1, 1)
    incident = IntegrityIncident.objects.get()
    assert incident.resolved_because == "Its files are again those that were hashed first."
    approval.refresh_from_db()
    assert approval.state == "lapsed"


def test_it_is_resolved_once_the_version_is_gone(world: World, approval: Approval) -> None:
    change(world, approval, b"other")
    approval.model_version.vanished_at = world.tick()
    approval.model_version.save(update_fields=["vanished_at"])
    judge(world)
    assert IntegrityIncident.objects.get().resolved_because == "The version is gone from MLflow."


def test_incidents_are_hidden_from_outsiders(world: World, approval: Approval) -> None:
    change(world, approval, b"other")
    for name in ("outsider", "pipeline"):
        assert not selectors.incidents(by=world.people.by_name[name]).exists()
