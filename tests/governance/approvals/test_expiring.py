"""Recording what has lapsed: one approval that cannot be examined keeps none of the others from it."""

from __future__ import annotations

import logging

import pytest

from governance.approvals import tasks
from governance.approvals.models import Approval, ApprovalEnding
from governance.audit.models import Leaf
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db


def test_the_others_lapse_though_one_cannot_be_examined(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The first has an ending that its state knows nothing of, so that the service must refuse to write another."""
    first, second = (world.approve(number) for number in ("1", "2"))
    for approval in (first, second):
        mirror.rehashed(approval.model_version, content=b"others", at=world.tick())
    ApprovalEnding.objects.create(
        approval=first, state="lapsed", ended_by=world.people.machine, ended_at=world.now, leaf_id=first.leaf_id
    )
    leaves = Leaf.objects.count()
    with caplog.at_level(logging.ERROR, logger="governance.approvals.tasks"):
        tasks.expire()
    assert list(Approval.objects.order_by("pk").values_list("state", flat=True)) == ["active", "lapsed"]
    assert [record.getMessage() for record in caplog.records] == [
        f"Approval {first.pk} could not be examined; the others are."
    ]
    assert Leaf.objects.count() == leaves + 1, "of the one that failed nothing is half-written"


def test_what_still_holds_is_left_alone_without_a_word(
    world: World, approval: Approval, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.expire()
    approval.refresh_from_db()
    assert (approval.state, caplog.records) == ("active", [])
