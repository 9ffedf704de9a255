"""What MLflow is told of approvals, whichever of them come and go."""

from __future__ import annotations

import pytest

from governance.approvals import issuing, writing_back
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import WriteBackState
from governance.audit.models import Leaf
from lineage import sync
from lineage.models import ModelVersion
from lineage.registry import Registry
from tests.factories import mirror
from tests.factories.world import PHONE, World
from tests.lineage.somebody import Somebody
from tests.tracking import add_version

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow")]


@pytest.fixture
def world(world: World, outreach: Somebody, mlflow_url: str) -> World:
    """MLflow holds two versions; Edgewise is connected to it."""
    for _ in range(2):
        add_version(outreach)
    sync.connect(key="main", url=mlflow_url)
    return world


def deliver(world: World, *rows: WriteBack) -> None:
    for row in rows or WriteBack.objects.filter(state=WriteBackState.PENDING).order_by("pk"):
        writing_back.deliver(write_back_id=row.pk, by=world.people.machine, at=world.tick())


def revoke(world: World, approval: Approval) -> None:
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())


def alias_and_tag(mlflow_url: str, number: str = "1") -> tuple[str | None, str]:
    with Registry(url=mlflow_url, timeout=10) as registry:
        alias = registry.registered_model(name=mirror.MODEL).aliases.get(writing_back.alias_of(PHONE))
        tags = registry.version(name=mirror.MODEL, version=number).tags
        return alias, tags.get(writing_back.tag_of(PHONE), "")


def told() -> int:
    return Leaf.objects.filter(type="approvals.registry.told").count()


def test_an_approval_is_told_with_its_digest_and_its_end(world: World, approval: Approval, mlflow_url: str) -> None:
    deliver(world)
    word = f"{approval} active sha256:{approval.artifact_digest} until {approval.valid_until:%Y-%m-%d}"
    assert alias_and_tag(mlflow_url) == ("1", word)
    assert told() == 1


def test_telling_again_records_nothing_anew(world: World, approval: Approval) -> None:
    row = WriteBack.objects.get()
    deliver(world, row, row)
    assert told() == 1


def test_a_revoked_approval_loses_its_alias_and_its_tag_says_so(
    world: World, approval: Approval, mlflow_url: str
) -> None:
    deliver(world)
    revoke(world, approval)
    deliver(world)
    alias, tag = alias_and_tag(mlflow_url)
    assert alias is None
    assert tag.startswith(f"{approval} revoked ")


def test_the_alias_returns_to_the_approval_that_still_holds(world: World, mlflow_url: str) -> None:
    world.approve("1")
    second = world.approve("2")
    deliver(world)
    assert alias_and_tag(mlflow_url)[0] == "2"
    revoke(world, second)
    deliver(world)
    assert alias_and_tag(mlflow_url)[0] == "1"


class SameBytes(World):
    """A world in which every version has the same files."""

    def mirror(self, number: str = "1") -> ModelVersion:
        return mirror.version(number, at=self.tick(), content=b"the same")


def test_the_same_bytes_approved_as_another_version_leave_no_active_tag_on_the_earlier_one(
    world: World, mlflow_url: str
) -> None:
    world = SameBytes(people=world.people, system=world.system, now=world.now)
    earlier = world.approve("1")
    deliver(world)
    later = world.approve("2")
    deliver(world)
    assert alias_and_tag(mlflow_url, "1")[1].startswith(f"{earlier} superseded ")
    assert alias_and_tag(mlflow_url, "2")[1].startswith(f"{later} active ")
    assert alias_and_tag(mlflow_url)[0] == "2"


def test_a_version_that_is_gone_from_mlflow_keeps_no_message_waiting(
    world: World, approval: Approval, outreach: Somebody, mlflow_url: str
) -> None:
    deliver(world)
    outreach.delete_version("1")
    revoke(world, approval)
    deliver(world)
    assert not WriteBack.objects.filter(state=WriteBackState.PENDING).exists()
    assert alias_and_tag(mlflow_url, "2") == (None, "")


def test_a_message_that_was_held_up_does_not_bring_a_revoked_approval_back(
    world: World, approval: Approval, mlflow_url: str
) -> None:
    (approved,) = WriteBack.objects.all()
    revoke(world, approval)
    revoked = WriteBack.objects.latest("pk")
    deliver(world, revoked, approved)
    assert alias_and_tag(mlflow_url)[0] is None


def test_a_message_that_was_held_up_does_not_hide_a_newer_approval(
    world: World, approval: Approval, mlflow_url: str
) -> None:
    world.approve("2")
    older, newer = WriteBack.objects.order_by("pk")
    deliver(world, newer, older)
    assert alias_and_tag(mlflow_url)[0] == "2"


def test_an_approval_revoked_while_mlflow_is_being_told_is_told_as_revoked(
    world: World, approval: Approval, mlflow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_alias = Registry.set_alias

    def set_and_revoke(self: Registry, *, name: str, alias: str, version: str) -> None:
        set_alias(self, name=name, alias=alias, version=version)
        revoke(world, approval)

    monkeypatch.setattr(Registry, "set_alias", set_and_revoke)
    deliver(world, WriteBack.objects.get())
    alias, tag = alias_and_tag(mlflow_url)
    assert alias is None
    assert tag.startswith(f"{approval} revoked ")


def test_an_unreachable_mlflow_leaves_the_row_pending_with_the_error(
    world: World, approval: Approval, mlflow_url: str
) -> None:
    sync.connect(key="main", url="http://127.0.0.1:9")
    deliver(world)
    row = WriteBack.objects.get()
    assert (row.state, row.attempts) == (WriteBackState.PENDING, 1)
    assert "cannot be reached" in row.last_error
    sync.connect(key="main", url=mlflow_url)
    deliver(world)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (WriteBackState.DONE, "")
    assert alias_and_tag(mlflow_url)[0] == "1"
