"""What is live where, and what went live without an approval."""

from __future__ import annotations

import pytest

from governance.approvals import issuing
from governance.approvals.models import Approval
from governance.audit.models import Leaf
from governance.errors import Conflict, Invalid, NotFound, NotPermitted
from governance.monitoring import selectors, services
from governance.monitoring.models import Deployment, OutOfBandPromotion, Synchronisation
from governance.systems import services as systems
from lineage.models import ModelVersion, SyncReport
from tests.factories import mirror
from tests.factories.world import PHONE, World

ALIAS, SECOND = "live-phone", "second-model"


def _point(world: World, version: ModelVersion | None) -> list[OutOfBandPromotion]:
    mirror.point_alias(ALIAS, version, at=world.tick())
    return _judge(world)


def _judge(world: World, *, digest: str = "0" * 64) -> list[OutOfBandPromotion]:
    report = SyncReport.objects.create(
        server=mirror.server(), started_at=world.tick(), outcome="succeeded", counts={"aliases": 1}, digest=digest
    )
    return services.judge_synchronisation(
        system_key="outreach", report=report, by=world.people.machine, at=world.tick()
    )


@pytest.mark.expectation(24)
def test_an_alias_moved_without_approval_is_found_with_before_and_after_and_resolved_when_restored(
    world: World,
) -> None:
    approved, other = world.approve().model_version, world.mirror("2")
    assert _point(world, approved) == []
    (found,) = _point(world, other)
    assert (found.context_key, found.alias) == (PHONE, ALIAS)
    assert (found.before, found.model_version) == (approved, other)
    assert {row["key"] for row in found.unmet} == {"approval", "registration", "gate"}
    assert list(selectors.standing_promotions(by=world.people.auditor)) == [found]
    assert _point(world, approved) == []
    found.refresh_from_db()
    assert found.state == "resolved"
    assert found.resolved_because == "The version that is live now is approved."
    kinds = Leaf.objects.filter(type__startswith="monitoring.promotion").order_by("pk").values_list("type", flat=True)
    assert list(kinds) == ["monitoring.promotion.found", "monitoring.promotion.resolved"]


@pytest.mark.expectation(24)
def test_judging_the_same_state_again_records_nothing_anew(world: World) -> None:
    approved, other = world.approve().model_version, world.mirror("2")
    _point(world, approved)
    (found,) = _point(world, other)
    deployments = Deployment.objects.count()
    assert _judge(world) == [found]
    assert Deployment.objects.count() == deployments
    assert Leaf.objects.filter(type="monitoring.promotion.found").count() == 1


@pytest.mark.expectation(24)
def test_the_next_unapproved_version_is_another_promotion(world: World) -> None:
    first, second = world.mirror("2"), world.mirror("3")
    (found,) = _point(world, first)
    (again,) = _point(world, second)
    found.refresh_from_db()
    assert (found.state, found.resolved_because) == ("resolved", "Another version is live now.")
    assert (again.before, again.model_version) == (first, second)


@pytest.mark.expectation(24)
def test_an_alias_that_is_gone_leaves_nothing_live(world: World) -> None:
    (found,) = _point(world, world.mirror("2"))
    assert _point(world, None) == []
    found.refresh_from_db()
    assert found.resolved_because == "No version is live now."
    assert selectors.live(system=world.system) == []


@pytest.mark.expectation(24)
def test_what_is_live_when_its_approval_is_revoked_is_out_of_band(world: World, approval: Approval) -> None:
    _point(world, approval.model_version)
    issuing.revoke(approval_id=approval.pk, reason="It harms people.", by=world.people.board, at=world.tick())
    (found,) = _judge(world)
    assert found.model_version == approval.model_version
    assert "was revoked on" in found.unmet[0]["sentence"]
    assert "It harms people." not in found.unmet[0]["sentence"]


@pytest.mark.expectation(24)
def test_other_bytes_under_an_approved_name_are_out_of_band(world: World, approval: Approval) -> None:
    assert _point(world, approval.model_version) == []
    mirror.rehashed(approval.model_version, content=b"other", at=world.tick())
    assert len(_judge(world)) == 1


def test_what_was_live_then_can_be_asked(world: World) -> None:
    first, second = world.mirror("1"), world.mirror("2")
    before = world.tick()
    _point(world, first)
    then = world.tick()
    _point(world, second)
    assert selectors.live(system=world.system, at=before) == []
    assert [row.model_version for row in selectors.live(system=world.system, at=then)] == [first]
    assert selectors.live_in(system=world.system, context_key=PHONE).model_version == second


@pytest.fixture
def second_model(world: World) -> ModelVersion:
    """A version of another registered model that serves the same system."""
    systems.connect_model(
        system_key="outreach", server_key="main", name=SECOND, by=world.people.administrator, at=world.tick()
    )
    return mirror.version("1", at=world.tick(), model=SECOND)


@pytest.mark.expectation(24)
def test_each_of_several_models_in_one_context_is_judged(world: World, second_model: ModelVersion) -> None:
    approved, other = world.approve().model_version, world.mirror("2")
    mirror.point_alias(ALIAS, second_model, at=world.tick(), model=SECOND)
    (of_second,) = _point(world, approved)
    assert {row.model_version for row in selectors.live(system=world.system)} == {approved, second_model}
    assert {row.model_version for row in _point(world, other)} == {other, second_model}
    assert _point(world, approved) == [of_second]
    assert Leaf.objects.filter(type="monitoring.promotion.found").count() == 2


def test_where_several_models_are_live_one_is_named(world: World, second_model: ModelVersion) -> None:
    mirror.point_alias(ALIAS, second_model, at=world.tick(), model=SECOND)
    first = world.mirror()
    _point(world, first)
    asked = {"system": world.system, "context_key": PHONE}
    with pytest.raises(Conflict, match="outreach-model, second-model"):
        selectors.live_in(**asked)
    assert selectors.live_in(**asked, model=SECOND).model_version == second_model
    with pytest.raises(NotFound, match="Nothing of third-model"):
        selectors.live_in(**asked, model="third-model")


def test_a_report_that_says_what_the_last_one_said_is_no_entry(world: World) -> None:
    for digest in ("1" * 64, "1" * 64, "2" * 64, "2" * 64, "1" * 64):
        _judge(world, digest=digest)
    judged = Leaf.objects.filter(type="monitoring.synchronisation.judged")
    assert judged.count() == Synchronisation.objects.count() == 3


def test_promotions_are_hidden_from_outsiders(world: World) -> None:
    _point(world, world.mirror("2"))
    for name in ("outsider", "pipeline"):
        assert not selectors.promotions(by=world.people.by_name[name]).exists()


def test_nobody_but_edgewise_judges(world: World) -> None:
    report = SyncReport.objects.create(server=mirror.server(), started_at=world.tick())
    with pytest.raises(NotPermitted):
        services.judge_synchronisation(
            system_key="outreach", report=report, by=world.people.administrator, at=world.tick()
        )


@pytest.mark.parametrize("url", ["file:///etc/passwd", "localhost:5000", ""])
def test_a_server_has_a_web_address(world: World, url: str) -> None:
    with pytest.raises(Invalid):
        services.connect_server(key="second", url=url, by=world.people.administrator, at=world.tick())
