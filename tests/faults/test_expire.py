"""Approvals lapse once each, though the worker that records it is killed between two of them."""

from __future__ import annotations

from collections.abc import Callable

from governance.approvals import tasks
from governance.approvals.models import Approval, ApprovalEnding
from governance.audit.models import Leaf
from tests.database import TestDatabase
from tests.factories import mirror
from tests.factories.world import World
from tests.faults.workers import SECONDS, Queue, Worker, row_held, somebody_waits_for_a_row
from tests.waiting import until


def approve_and_change_the_files(world: World, number: str) -> Approval:
    approval = world.approve(number)
    mirror.rehashed(approval.model_version, content=b"others", at=world.tick())
    return approval


def states() -> list[str]:
    return list(Approval.objects.order_by("pk").values_list("state", flat=True))


def test_killed_between_two_approvals_each_lapses_once(
    queue: Queue, start_worker: Callable[[], Worker], committed_db: TestDatabase
) -> None:
    world = World.begin()
    first, second = (approve_and_change_the_files(world, number) for number in ("1", "2"))
    tasks.expire.delay()
    with row_held(committed_db, "approvals_approval", second.pk):
        killed = start_worker()
        until(lambda: somebody_waits_for_a_row(committed_db), seconds=SECONDS, what="the task to reach the second")
        killed.kill()
    assert states() == ["lapsed", "active"]
    queue.time_out()
    start_worker()
    until(lambda: states() == ["lapsed", "lapsed"] and not queue.waiting(), seconds=SECONDS, what="the second worker")
    assert ApprovalEnding.objects.count() == 2
    assert sorted(Leaf.objects.filter(type="approvals.approval.ended").values_list("subject", flat=True)) == [
        f"approval:{first.pk}",
        f"approval:{second.pk}",
    ]
