"""Several workers write back at once, and some are killed: MLflow says how things stand, recorded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from governance.accounts.selectors import machine
from governance.approvals import issuing, writing_back
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import WriteBackState
from governance.audit.models import Leaf
from governance.monitoring import watching
from governance.monitoring.models import OutOfBandMark
from lineage import sync
from lineage.registry import Registry
from tests.factories.world import World
from tests.faults.gate import Gate
from tests.faults.workers import SECONDS, Queue, Worker
from tests.governance.monitoring.watched import Mirrored
from tests.lineage.somebody import Somebody
from tests.tracking import add_version
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mlflow")
ALIAS, TAG = "approved-us__outreach__phone", "edgewise.approval.us.outreach.phone"
AT_ONCE = 8


@pytest.fixture
def world(gate: Gate, queue: Queue, outreach: Somebody) -> Mirrored:
    """An installation whose MLflow holds two versions and stands behind the door."""
    for content in (b"first", b"second"):
        add_version(outreach, content=content)
    sync.connect(key="main", url=gate.url)
    world = World.begin()
    return Mirrored(people=world.people, system=world.system, now=world.now)


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads that each have a connection of their own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool


def deliver(pk: int) -> None:
    try:
        writing_back.deliver(write_back_id=pk, by=machine(), at=timezone.now())
    finally:
        connections.close_all()


def pending() -> list[int]:
    rows = WriteBack.objects.filter(state=WriteBackState.PENDING).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def sweep() -> None:
    """Deliver what waits until nothing does, as the sweep has workers do; what a dead one held is free in a moment."""

    def nothing_waits() -> bool:
        for pk in pending():
            writing_back.deliver(write_back_id=pk, by=machine(), at=timezone.now())
        return not pending()

    until(nothing_waits, seconds=SECONDS, what="every write-back to be delivered")


def revoke(approval: Approval, world: Mirrored) -> None:
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())


def said(mlflow_url: str) -> tuple[str | None, list[str]]:
    """Return the version that has MLflow's alias, and the first two words of each version's tag."""
    with Registry(url=mlflow_url, timeout=10) as registry:
        alias = registry.registered_model(name="outreach-model").aliases.get(ALIAS)
        tags = [registry.version(name="outreach-model", version=number).tags.get(TAG, "") for number in "12"]
        return alias, [" ".join(tag.split()[:2]) for tag in tags]


def told() -> int:
    return Leaf.objects.filter(type="approvals.registry.told").count()


def test_eight_workers_with_the_same_task_are_recorded_once(
    world: Mirrored, mlflow_url: str, workers: ThreadPoolExecutor
) -> None:
    approval = world.approve("1")
    (row,) = pending()
    together = Barrier(AT_ONCE)

    def at_once() -> None:
        together.wait()
        deliver(row)

    for future in [workers.submit(at_once) for _ in range(AT_ONCE)]:
        future.result()
    sweep()
    assert said(mlflow_url) == ("1", [f"{approval} active", ""])
    assert (told(), pending()) == (1, [])


def test_an_ending_that_overtakes_its_approval_is_the_last_word(
    world: Mirrored, mlflow_url: str, gate: Gate, queue: Queue, workers: ThreadPoolExecutor
) -> None:
    approval = world.approve("1")
    hold = gate.hold("POST", "registered-models/alias")
    first: Future[None] = workers.submit(deliver, pending()[0])
    hold.wait()
    revoke(approval, world)
    workers.submit(deliver, pending()[-1]).result()
    sent = queue.waiting().count("approvals.write_back")
    hold.pass_on()
    first.result()
    # Whoever was kept out is called again at once, not by the sweep alone.
    assert queue.waiting().count("approvals.write_back") == sent + len(pending()) == sent + 1
    sweep()
    assert said(mlflow_url) == (None, [f"{approval} revoked", ""])
    assert (told(), pending()) == (2, [])


def test_approvals_and_endings_in_any_order_come_to_what_stands(
    world: Mirrored, mlflow_url: str, workers: ThreadPoolExecutor
) -> None:
    first, second = world.approve("1"), world.approve("2")
    revoke(second, world)
    rows = pending()
    assert len(rows) == 3
    together = Barrier(6)

    def in_order(order: list[int]) -> None:
        together.wait()
        for pk in order:
            deliver(pk)

    orders = [rows, rows[::-1], rows[1:] + rows[:1]] * 2
    for future in [workers.submit(in_order, order) for order in orders]:
        future.result()
    sweep()
    assert said(mlflow_url) == ("1", [f"{first} active", f"{second} revoked"])
    assert (told(), pending()) == (3, [])


def test_a_worker_killed_with_an_old_word_on_its_way_does_not_have_the_last_one(
    world: Mirrored, mlflow_url: str, gate: Gate, workers: ThreadPoolExecutor, start_worker: Callable[[], Worker]
) -> None:
    approval = world.approve("1")
    hold = gate.hold("POST", "registered-models/alias")
    worker = start_worker()
    hold.wait()
    # MLflow answers slowly, so the sweep gave the same row to another worker.
    workers.submit(deliver, pending()[0]).result()
    revoke(approval, world)
    for pk in pending():
        workers.submit(deliver, pk).result()
    worker.kill()
    hold.pass_on()
    hold.wait_done()
    sweep()
    assert said(mlflow_url) == (None, [f"{approval} revoked", ""])
    assert (told(), pending()) == (2, [])


def test_an_old_word_that_arrives_when_everybody_is_done_is_found_and_set_right(
    world: Mirrored, mlflow_url: str, gate: Gate, start_worker: Callable[[], Worker]
) -> None:
    approval = world.approve("1")
    hold = gate.hold("POST", "registered-models/alias")
    worker = start_worker()
    hold.wait()
    worker.kill()
    revoke(approval, world)
    sweep()
    assert said(mlflow_url) == (None, [f"{approval} revoked", ""])
    hold.pass_on()
    hold.wait_done()
    assert said(mlflow_url)[0] == "1"
    watching.watch(by=machine(), at=timezone.now())
    assert [(mark.kind, mark.state) for mark in OutOfBandMark.objects.all()] == [("alias", "open")]
    sweep()
    assert said(mlflow_url) == (None, [f"{approval} revoked", ""])
    watching.watch(by=machine(), at=timezone.now())
    assert not OutOfBandMark.objects.filter(state="open").exists()
