"""What the sweep sends again, and how often: a server that stays away does not hold up everything else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from governance.approvals import tasks, writing_back
from governance.approvals.models import WriteBack
from tests.factories.world import World
from tests.faults.workers import Queue


@pytest.fixture
def rows(queue: Queue) -> list[WriteBack]:
    """Two write-backs of which MLflow, which nobody reaches, has not been told; the first failed often."""
    world = World.begin()
    for number in ("1", "2"):
        world.approve(number)
    often, seldom = WriteBack.objects.order_by("pk")
    for _ in range(tasks.OFTEN):
        writing_back.deliver(write_back_id=often.pk, by=world.people.machine, at=world.tick())
    writing_back.deliver(write_back_id=seldom.pk, by=world.people.machine, at=world.tick())
    return list(WriteBack.objects.order_by("pk"))


def sent(queue: Queue, *, minute: int) -> int:
    """Sweep at that minute of an hour; return how many write-backs were sent again."""
    before = queue.waiting().count("approvals.write_back")
    with time_machine.travel(datetime(2026, 3, 1, 12, minute, tzinfo=UTC), tick=False):
        tasks.sweep()
    return queue.waiting().count("approvals.write_back") - before


def test_what_failed_often_is_sent_every_ten_minutes_and_the_rest_every_minute(
    rows: list[WriteBack], queue: Queue
) -> None:
    assert [row.attempts for row in rows] == [5, 1]
    assert [sent(queue, minute=minute) for minute in (9, 10, 11, 19, 20)] == [1, 2, 1, 1, 2]
