"""What MLflow shows as released by a stage or as a copy, past Edgewise: found, recorded once, and resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from governance.approvals import issuing
from governance.audit.models import Leaf
from governance.monitoring import selectors
from governance.monitoring.copies import OUTSIDE
from governance.monitoring.models import OutOfBandClaim
from governance.systems import services as systems
from tests.factories.world import World
from tests.governance.monitoring.watched import Mirrored, connected
from tests.lineage.somebody import API, Somebody
from tests.tracking import add_version

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow"), pytest.mark.expectation(24)]
SOURCE = "models:/outreach-model/"


@pytest.fixture
def world(world: World, specification: object, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """A specification is ratified, and MLflow holds two versions."""
    return connected(world, outreach, mlflow_url)


@pytest.fixture
def production(outreach: Somebody, world: Mirrored) -> Iterator[Somebody]:
    """Somebody who works on a second registered model of the system."""
    by = world.people.administrator
    systems.connect_model(system_key="outreach", server_key="main", name="outreach-production", by=by, at=world.tick())
    person = Somebody(http=outreach.http, trained=outreach.trained, model="outreach-production")
    person.create_model()
    yield person
    person.delete_model()


def standing(world: Mirrored) -> list[tuple[str, str, str, str]]:
    world.watch()
    rows = selectors.standing_claims(by=world.people.auditor).order_by("pk")
    return [(row.kind, row.model_version.uri, row.before, row.after) for row in rows]


def copied(outreach: Somebody, number: str, *, into: Somebody) -> str:
    """Copy a version as MLflow's client does, with the run of the original; return the address of the copy."""
    asked = {"name": outreach.model, "version": number}
    found = outreach.http.get(f"{API}model-versions/get", params=asked).json()["model_version"]
    made = into.create_version(source=f"models:/{outreach.model}/{number}", run_id=found["run_id"])
    return f"models:/{into.model}/{made}"


def resolved(world: Mirrored) -> str:
    assert standing(world) == []
    return OutOfBandClaim.objects.get().resolved_because


def test_a_version_that_came_into_production_is_found_with_the_stage_before(
    world: Mirrored, outreach: Somebody
) -> None:
    outreach.move_stage("2", "Staging")
    assert standing(world) == []
    outreach.move_stage("2", "Production")
    assert standing(world) == [("stage", f"{SOURCE}2", "Staging", "Production")]
    data = json.loads(bytes(Leaf.objects.get(type="monitoring.claim.found").entry))["data"]
    assert (data["model"], data["before"], data["after"]) == (f"{SOURCE}2", "Staging", "Production")


def test_one_that_was_in_production_at_first_sight_is_found_too(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_stage("1", "Production")
    assert standing(world) == [("stage", f"{SOURCE}1", "", "Production")]


def test_an_approved_version_may_come_into_production_until_its_approval_ends(
    world: Mirrored, outreach: Somebody
) -> None:
    approval = world.approve("1")
    outreach.move_stage("1", "Production")
    assert standing(world) == []
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    assert [found[:2] for found in standing(world)] == [("stage", f"{SOURCE}1")]


def test_it_is_resolved_once_the_version_left_the_stage(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_stage("2", "Production")
    standing(world)
    outreach.move_stage("2", "Archived")
    assert resolved(world) == "It is in stage Archived now."
    assert Leaf.objects.filter(type="monitoring.claim.resolved").count() == 1


def test_looking_again_records_nothing_anew(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_stage("2", "Production")
    first = standing(world)
    before = Leaf.objects.count()
    assert standing(world) == first
    assert Leaf.objects.count() == before


def test_an_unapproved_version_copied_into_another_model_of_the_system_is_found(
    world: Mirrored, outreach: Somebody, production: Somebody
) -> None:
    copy = copied(outreach, "2", into=production)
    assert standing(world) == [("copy", copy, "", f"{SOURCE}2")]
    production.delete_version("1")
    assert resolved(world) == "The version is gone from MLflow."


def test_a_copy_is_as_approved_as_the_files_it_was_copied_from(
    world: Mirrored, outreach: Somebody, production: Somebody
) -> None:
    copied(outreach, "1", into=production)
    assert len(standing(world)) == 1
    approval = world.approve("1")
    assert resolved(world) == "An approval of its files stands now."
    outreach.put_file(approval.model_version.artifact_uri, "model.pkl", b"evil")
    world.tick(61)
    assert [found[0] for found in standing(world)] == ["copy"]


def test_a_copy_within_its_own_model_is_a_new_version_like_any_other(world: Mirrored, outreach: Somebody) -> None:
    copied(outreach, "1", into=outreach)
    assert standing(world) == []


@pytest.fixture
def ungoverned(outreach: Somebody) -> Iterator[Somebody]:
    """Somebody who works on a registered model that no system governs, and that has a version."""
    person = Somebody(http=outreach.http, trained=outreach.trained, model="scratch-model")
    person.create_model()
    add_version(person, content=b"of nobody")
    yield person
    person.delete_model()


def folder_of(person: Somebody, number: str) -> str:
    """Return where the files of a version lie, as MLflow tells every client."""
    asked = {"name": person.model, "version": number}
    answer = person.http.get(f"{API}model-versions/get-download-uri", params=asked).raise_for_status()
    return str(answer.json()["artifact_uri"])


def test_a_version_copied_in_from_a_model_that_no_system_governs_is_found_and_does_not_name_it(
    world: Mirrored, outreach: Somebody, ungoverned: Somebody
) -> None:
    assert standing(world) == []
    made = copied(ungoverned, "1", into=outreach)
    assert standing(world) == [("copy", made, "", OUTSIDE)]
    (entry,) = Leaf.objects.filter(type="monitoring.claim.found")
    assert json.loads(bytes(entry.entry))["data"]["artifact"] == OutOfBandClaim.objects.get().model_version.digest
    assert "scratch-model" not in bytes(entry.entry).decode()
    before = Leaf.objects.count()
    standing(world)
    assert Leaf.objects.count() == before


def test_it_stands_although_the_model_it_came_from_is_gone(
    world: Mirrored, outreach: Somebody, ungoverned: Somebody
) -> None:
    made = copied(ungoverned, "1", into=outreach)
    ungoverned.delete_version("1")
    assert standing(world) == [("copy", made, "", OUTSIDE)]


def test_a_version_that_points_at_the_files_of_a_model_that_no_system_governs_is_found(
    world: Mirrored, outreach: Somebody, ungoverned: Somebody
) -> None:
    made = outreach.point_at(folder_of(ungoverned, "1"))
    assert standing(world) == [("copy", f"{SOURCE}{made}", "", OUTSIDE)]
    outreach.delete_version(made)
    assert resolved(world) == "The version is gone from MLflow."


def test_one_that_points_at_the_files_of_another_model_of_the_system_names_it(
    world: Mirrored, outreach: Somebody, production: Somebody
) -> None:
    assert standing(world) == []
    made = production.point_at(folder_of(outreach, "2"))
    assert standing(world) == [("copy", f"models:/{production.model}/{made}", "", f"{SOURCE}2")]
    world.approve("2")
    assert resolved(world) == "An approval of its files stands now."


def test_one_that_points_at_the_files_of_its_own_model_is_a_new_version_like_any_other(
    world: Mirrored, outreach: Somebody
) -> None:
    outreach.point_at(folder_of(outreach, "1"))
    assert standing(world) == []


def test_claims_are_hidden_from_outsiders(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_stage("2", "Production")
    world.watch()
    for name in ("outsider", "pipeline"):
        assert not selectors.claims(by=world.people.by_name[name]).exists()
