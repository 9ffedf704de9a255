"""What MLflow says of approvals, forged past Edgewise: found, recorded, and set right."""

from __future__ import annotations

import json

import pytest

from governance.approvals import issuing, writing_back
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import WriteBackState
from governance.audit.models import Leaf
from governance.monitoring import selectors
from governance.monitoring.models import OutOfBandMark
from lineage import sync
from lineage.registry import Registry
from tests.factories import mirror
from tests.factories.world import PHONE, World
from tests.governance.monitoring.test_watching import NOBODY
from tests.governance.monitoring.watched import Mirrored, connected
from tests.lineage.somebody import Somebody
from tests.tracking import add_version

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow"), pytest.mark.expectation(24)]
ALIAS, TAG = writing_back.alias_of(PHONE), writing_back.tag_of(PHONE)
FORGED = "A-1 active sha256:0000 until 2099-01-01"


@pytest.fixture
def world(world: World, specification: object, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """A specification is ratified, and MLflow holds two versions."""
    return connected(world, outreach, mlflow_url)


@pytest.fixture
def approval(world: Mirrored) -> Approval:
    """Version 1 is approved; MLflow was told, and Edgewise has seen that it says so."""
    approval = world.approve("1")
    deliver(world)
    world.watch()
    return approval


def deliver(world: Mirrored) -> None:
    for row in WriteBack.objects.filter(state=WriteBackState.PENDING).order_by("pk"):
        writing_back.deliver(write_back_id=row.pk, by=world.people.machine, at=world.tick())


def standing(world: Mirrored) -> list[tuple[str, str, str, str]]:
    world.watch()
    rows = selectors.standing_marks(by=world.people.auditor).order_by("pk")
    return [(row.kind, row.model_version.version, row.before, row.after) for row in rows]


def word(approval: Approval) -> str:
    return f"{approval} active sha256:{approval.artifact_digest} until {approval.valid_until:%Y-%m-%d}"


def alias_and_tag(mlflow_url: str, number: str) -> tuple[str | None, str]:
    with Registry(url=mlflow_url, timeout=10) as registry:
        tags = registry.version(name=mirror.MODEL, version=number).tags
        return registry.registered_model(name=mirror.MODEL).aliases.get(ALIAS), tags.get(TAG, "")


def leaves(kind: str) -> int:
    return Leaf.objects.filter(type=kind).count()


def test_what_mlflow_was_told_is_no_forgery(world: Mirrored, approval: Approval) -> None:
    assert standing(world) == []
    assert leaves("approvals.registry.told") == 1


def test_an_alias_moved_to_another_version_is_found_with_before_and_after_and_set_right(
    world: Mirrored, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    outreach.move_alias(ALIAS, "2")
    assert standing(world) == [("alias", "2", "models:/outreach-model/1", "models:/outreach-model/2")]
    data = json.loads(bytes(Leaf.objects.get(type="monitoring.mark.found").entry))["data"]
    assert (data["kind"], data["key"], data["context"]) == ("alias", ALIAS, PHONE)
    deliver(world)
    assert alias_and_tag(mlflow_url, "2") == ("1", "")
    assert standing(world) == []
    assert OutOfBandMark.objects.get().resolved_because == "MLflow says again how things stand."


def test_a_removed_alias_is_found_and_set_again(
    world: Mirrored, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    outreach.drop_alias(ALIAS)
    assert standing(world) == [("alias", "1", "models:/outreach-model/1", "")]
    deliver(world)
    assert alias_and_tag(mlflow_url, "1") == ("1", word(approval))
    assert standing(world) == []


def test_a_forged_tag_on_what_was_never_approved_is_found_and_removed(
    world: Mirrored, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    outreach.tag_version("2", TAG, FORGED)
    assert standing(world) == [("tag", "2", "", FORGED)]
    deliver(world)
    assert alias_and_tag(mlflow_url, "2") == ("1", "")
    assert standing(world) == []


def test_a_revoked_approval_cannot_be_called_active_again(
    world: Mirrored, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    active = word(approval)
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    deliver(world)
    assert standing(world) == []
    outreach.tag_version("1", TAG, active)
    outreach.move_alias(ALIAS, "1")
    revoked = active.replace(" active ", " revoked ")
    assert standing(world) == [("tag", "1", revoked, active), ("alias", "1", "", "models:/outreach-model/1")]
    deliver(world)
    assert alias_and_tag(mlflow_url, "1") == (None, revoked)
    assert standing(world) == []


def test_an_alias_forged_before_anything_was_approved_is_found(
    world: Mirrored, outreach: Somebody, mlflow_url: str
) -> None:
    outreach.move_alias(ALIAS, "2")
    assert standing(world) == [("alias", "2", "", "models:/outreach-model/2")]
    deliver(world)
    assert alias_and_tag(mlflow_url, "2") == (None, "")
    assert standing(world) == []


def test_a_write_back_that_still_waits_is_no_forgery(world: Mirrored, approval: Approval) -> None:
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    assert standing(world) == []
    assert leaves("monitoring.mark.found") == 0


def test_a_write_back_that_waits_hides_no_claim_about_another_version(
    world: Mirrored, approval: Approval, outreach: Somebody
) -> None:
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    outreach.tag_version("2", TAG, FORGED)
    assert standing(world) == [("tag", "2", "", FORGED)]


def test_what_mlflow_was_told_after_it_was_last_read_is_no_forgery(
    world: Mirrored, approval: Approval, mlflow_url: str
) -> None:
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    deliver(world)
    sync.connect(key="main", url=NOBODY)
    assert standing(world) == []
    sync.connect(key="main", url=mlflow_url)
    assert standing(world) == []
    assert leaves("monitoring.mark.found") == 0


def test_looking_again_records_nothing_anew_and_tells_mlflow_once(
    world: Mirrored, approval: Approval, outreach: Somebody
) -> None:
    outreach.move_alias(ALIAS, "2")
    first = standing(world)
    assert standing(world) == first
    assert leaves("monitoring.mark.found") == 1
    assert WriteBack.objects.filter(state=WriteBackState.PENDING).count() == 1


def test_the_same_forgery_right_after_it_was_set_right_is_set_right_again(
    world: Mirrored, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    outreach.move_alias(ALIAS, "2")
    standing(world)
    deliver(world)
    outreach.move_alias(ALIAS, "2")
    assert len(standing(world)) == 1
    deliver(world)
    assert alias_and_tag(mlflow_url, "1")[0] == "1"


def test_an_alias_that_is_forged_to_one_version_after_another_is_found_each_time(
    world: Mirrored, approval: Approval, outreach: Somebody
) -> None:
    third = add_version(outreach, content=b"third")
    outreach.move_alias(ALIAS, "2")
    standing(world)
    outreach.move_alias(ALIAS, third)
    assert standing(world) == [("alias", third, "models:/outreach-model/1", f"models:/outreach-model/{third}")]
    assert leaves("monitoring.mark.found") == 2


def test_the_tag_that_came_along_with_a_copy_is_removed(
    world: Mirrored, approval: Approval, outreach: Somebody
) -> None:
    origin = approval.model_version
    copy = outreach.create_version(source=origin.uri, run_id=origin.source_run_id)
    outreach.tag_version(copy, TAG, word(approval))
    assert standing(world) == [("tag", copy, "", word(approval))]


def test_a_mark_on_a_model_that_is_gone_is_resolved(world: Mirrored, approval: Approval, outreach: Somebody) -> None:
    outreach.move_alias(ALIAS, "2")
    assert len(standing(world)) == 1
    outreach.delete_model()
    assert standing(world) == []
    deliver(world)
    assert not WriteBack.objects.filter(state=WriteBackState.PENDING).exists()
    outreach.create_model()


def test_marks_are_hidden_from_outsiders(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_alias(ALIAS, "2")
    world.watch()
    for name in ("outsider", "pipeline"):
        assert not selectors.marks(by=world.people.by_name[name]).exists()
