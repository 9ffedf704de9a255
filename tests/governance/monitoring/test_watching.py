"""What a look at MLflow finds live without an approval, and what it must not keep from being seen."""

from __future__ import annotations

import pytest

from governance.audit.models import Leaf
from governance.monitoring import selectors
from governance.monitoring.models import OutOfBandPromotion, Synchronisation
from governance.monitoring.states import PromotionState
from governance.systems import services as systems
from governance.systems.models import AISystem
from lineage import sync
from lineage.models import TrackingServer
from tests.factories import mirror
from tests.factories.world import PHONE, World
from tests.governance.monitoring.watched import Mirrored, connected
from tests.lineage.somebody import Somebody

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow")]
NOBODY = "http://127.0.0.1:9"
HIDING = "mlflow.prompt.is_prompt"


@pytest.fixture
def world(world: World, specification: object, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """A specification is ratified, and MLflow holds two versions."""
    return connected(world, outreach, mlflow_url)


def leaves() -> int:
    return Leaf.objects.count()


@pytest.mark.expectation(24)
def test_a_live_alias_moved_past_the_decision_is_found_with_before_and_after(
    world: Mirrored, outreach: Somebody
) -> None:
    world.approve("1")
    outreach.move_alias("live-phone", "1")
    assert world.watch() == []
    outreach.move_alias("live-phone", "2")
    (found,) = world.watch()
    assert (found.alias, found.context_key, found.before.version, found.model_version.version) == (
        "live-phone",
        PHONE,
        "1",
        "2",
    )
    assert next(reason["key"] for reason in found.unmet) == "approval"
    assert selectors.live_in(system=world.system, context_key=PHONE).model_version.version == "2"


def test_it_is_resolved_once_the_alias_is_back(world: Mirrored, outreach: Somebody) -> None:
    world.approve("1")
    outreach.move_alias("live-phone", "2")
    (found,) = world.watch()
    outreach.move_alias("live-phone", "1")
    assert world.watch() == []
    found.refresh_from_db()
    assert found.state == PromotionState.RESOLVED
    assert found.resolved_because == "The version that is live now is approved."
    assert Leaf.objects.filter(type="monitoring.promotion.resolved").count() == 1


def test_looking_again_records_nothing_anew(world: Mirrored, outreach: Somebody) -> None:
    outreach.move_alias("live-phone", "2")
    first = world.watch()
    before = leaves()
    assert world.watch() == first
    assert (leaves(), OutOfBandPromotion.objects.count(), Synchronisation.objects.count()) == (before, 1, 1)


def test_an_unreachable_server_keeps_no_other_from_being_read(world: Mirrored, outreach: Somebody) -> None:
    sync.connect(key="aaa", url=NOBODY)
    systems.connect_model(
        system_key="outreach", server_key="aaa", name="elsewhere", by=world.people.administrator, at=world.tick()
    )
    outreach.move_alias("live-phone", "2")
    assert [found.model_version.version for found in world.watch()] == ["2"]
    states = dict(TrackingServer.objects.values_list("key", "state"))
    assert states == {"aaa": "unreachable", "main": "reachable"}


def test_a_model_on_a_server_that_is_not_connected_hides_no_other(world: Mirrored, outreach: Somebody) -> None:
    systems.connect_model(
        system_key="outreach", server_key="unknown", name="elsewhere", by=world.people.administrator, at=world.tick()
    )
    outreach.move_alias("live-phone", "2")
    assert [found.model_version.version for found in world.watch()] == ["2"]


def test_an_approval_that_ended_is_noticed_although_mlflow_is_unreachable(world: Mirrored, outreach: Somebody) -> None:
    approval = world.approve("1")
    outreach.move_alias("live-phone", "1")
    assert world.watch() == []
    mirror.rehashed(approval.model_version, content=b"other bytes", at=world.tick())
    sync.connect(key="main", url=NOBODY)
    assert [found.model_version.version for found in world.watch()] == ["1"]


def test_a_model_that_answers_nonsense_keeps_no_other_from_being_judged(
    world: Mirrored, outreach: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow never hands out such a model, so that its answer is spoilt where it comes in."""
    from lineage.registry import Registry

    read = Registry.registered_model

    def spoilt(self: Registry, *, name: str) -> object:
        if name == "another":
            self._http.nonsense("no name", "registered-models/get")
        return read(self, name=name)

    monkeypatch.setattr(Registry, "registered_model", spoilt)
    systems.connect_model(
        system_key="outreach", server_key="main", name="another", by=world.people.administrator, at=world.tick()
    )
    outreach.move_alias("live-phone", "2")
    assert [found.model_version.version for found in world.watch()] == ["2"]
    (health,) = selectors.servers(systems=AISystem.objects.all(), at=world.now)
    assert (health.is_answering, "answered nonsense" in health.error) == (True, True)


def test_a_version_that_cannot_be_read_is_recorded_once(world: Mirrored, outreach: Somebody) -> None:
    outreach.create_version(source="s3://somewhere/else", run_id="f" * 32)
    for _ in range(3):
        world.watch()
    assert Leaf.objects.filter(type="monitoring.synchronisation.judged").count() == 1


@pytest.mark.expectation(23)
def test_a_file_changed_under_an_approved_version_is_found_once_the_last_look_is_too_old(
    world: Mirrored, outreach: Somebody
) -> None:
    approval = world.approve("1")
    outreach.move_alias("live-phone", "1")
    assert world.watch() == []
    version = approval.model_version
    outreach.put_file(version.artifact_uri, "model.pkl", b"other bytes")
    outreach.put_file(version.artifact_uri, "extra.py", b"import os")
    assert world.watch() == []
    world.tick(61)
    assert [found.model_version for found in world.watch()] == [version]
    (incident,) = selectors.standing_incidents(by=world.people.auditor)
    assert (incident.model_version, incident.before.digest) == (version, approval.artifact_digest)
    assert incident.files == {"changed": ["model.pkl"], "added": ["extra.py"], "removed": []}
    approval.refresh_from_db()
    assert approval.state == "lapsed"
    assert "files are others" in approval.ending.reason


def test_what_is_neither_live_nor_approved_is_not_hashed_again(world: Mirrored, outreach: Somebody) -> None:
    idle, running = world.mirror("1"), world.mirror("2")
    outreach.move_alias("live-phone", "2")
    world.tick(61)
    world.watch()
    for version, again in ((idle, False), (running, True)):
        before = version.digest_checked_at
        version.refresh_from_db()
        assert (version.digest_checked_at != before) is again


def test_what_hides_in_mlflow_is_recorded_and_can_be_shown(world: Mirrored, outreach: Somebody) -> None:
    world.watch()
    before = Synchronisation.objects.count()
    outreach.tag_version("1", HIDING, "true")
    world.watch()
    assert Synchronisation.objects.count() == before + 1
    assert selectors.hidden(system=world.system) == ["models:/outreach-model/1"]
