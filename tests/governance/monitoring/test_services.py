"""What is live where, and what went live without an approval."""

from __future__ import annotations

import pytest

from governance.approvals import issuing
from governance.audit.models import Leaf
from governance.errors import Invalid, NotPermitted
from governance.monitoring import selectors, services
from governance.monitoring.models import Deployment, OutOfBandPromotion
from lineage.models import ModelVersion, SyncReport
from tests.factories import mirror
from tests.factories.world import PHONE, World

ALIAS = "live-phone"


def _point(world: World, version: ModelVersion | None) -> list[OutOfBandPromotion]:
    mirror.point_alias(ALIAS, version, at=world.tick())
    return _judge(world)


def _judge(world: World) -> list[OutOfBandPromotion]:
    report = SyncReport.objects.create(
        server=mirror.server(), started_at=world.tick(), outcome="succeeded", counts={"aliases": 1}, digest="0" * 64
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
    assert selectors.live(system=world.system) == {}


@pytest.mark.expectation(24)
def test_what_is_live_when_its_approval_is_revoked_is_out_of_band(world: World) -> None:
    approval = world.approve()
    _point(world, approval.model_version)
    issuing.revoke(approval_id=approval.pk, reason="It harms people.", by=world.people.board, at=world.tick())
    (found,) = _judge(world)
    assert found.model_version == approval.model_version
    assert "It harms people." in found.unmet[0]["sentence"]


@pytest.mark.expectation(24)
def test_other_bytes_under_an_approved_name_are_out_of_band(world: World) -> None:
    approval = world.approve()
    assert _point(world, approval.model_version) == []
    mirror.rehashed(approval.model_version, content=b"other", at=world.tick())
    assert len(_judge(world)) == 1


def test_what_was_live_then_can_be_asked(world: World) -> None:
    first, second = world.mirror("1"), world.mirror("2")
    before = world.tick()
    _point(world, first)
    then = world.tick()
    _point(world, second)
    assert selectors.live(system=world.system, at=before) == {}
    assert selectors.live(system=world.system, at=then)[PHONE].model_version == first
    assert selectors.live(system=world.system)[PHONE].model_version == second


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
