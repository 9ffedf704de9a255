"""A synchronisation whose worker is killed is finished by another, and what it found is recorded once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from governance.audit.models import Leaf
from governance.monitoring import tasks, watching
from governance.monitoring.models import OutOfBandPromotion, Synchronisation
from lineage import sync
from lineage.models import AliasChange, ModelDigest, ModelVersion, SyncReport
from tests.database import TestDatabase
from tests.factories.world import World
from tests.faults.gate import Gate
from tests.faults.workers import SECONDS, Queue, Worker, row_held, somebody_waits_for_a_row
from tests.lineage.somebody import Somebody
from tests.tracking import add_version
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mlflow")
Outcome = SyncReport.Outcome
FILES = "/mlflow-artifacts/artifacts/"


@pytest.fixture
def world(gate: Gate, queue: Queue, outreach: Somebody) -> World:
    """An installation connected through the door to two versions, of which an unapproved one is live."""
    world = World.begin()
    sync.connect(key="main", url=gate.url)
    add_version(outreach, content=b"first")
    outreach.move_alias("live-phone", add_version(outreach, content=b"second"))
    return world


def leaves(kind: str) -> int:
    return Leaf.objects.filter(type=kind).count()


def is_recorded() -> bool:
    return Synchronisation.objects.exists()


def test_killed_while_hashing_and_before_judging_it_is_completed_once(
    world: World, gate: Gate, queue: Queue, start_worker: Callable[[], Worker], committed_db: TestDatabase
) -> None:
    hold = gate.hold("GET", FILES)
    tasks.synchronise.delay()
    worker = start_worker()
    hold.wait()
    worker.kill()
    hold.drop()
    assert ModelDigest.objects.count() == OutOfBandPromotion.objects.count() == 0
    assert queue.waiting() == ["monitoring.synchronise"]
    queue.time_out()
    with row_held(committed_db, "systems_aisystem", world.system.pk):
        worker = start_worker()
        until(lambda: somebody_waits_for_a_row(committed_db), seconds=SECONDS, what="the task to judge")
        worker.kill()
    interrupted, read = SyncReport.objects.order_by("pk")
    assert (interrupted.outcome, interrupted.carried_into) == (Outcome.INTERRUPTED, read)
    assert (read.outcome, read.counts["newVersions"], read.counts["aliasMoves"]) == (Outcome.SUCCEEDED, 2, 1)
    assert not is_recorded()
    queue.time_out()
    start_worker()
    until(lambda: is_recorded() and not queue.waiting(), seconds=SECONDS, what="the last worker")
    assert Synchronisation.objects.get().report_digest == read.digest
    assert [version.version for version in ModelVersion.objects.order_by("pk") if version.digest] == ["1", "2"]
    assert ModelDigest.objects.count() == 2
    assert AliasChange.objects.get().after.version == "2"
    assert OutOfBandPromotion.objects.get().model_version.version == "2"
    found = ("monitoring.promotion.found", "monitoring.deployment.seen", "monitoring.synchronisation.judged")
    assert [leaves(kind) for kind in found] == [1, 1, 1]


def test_its_progress_and_what_it_found_so_far_are_seen_while_it_runs(world: World, gate: Gate) -> None:
    def watch() -> None:
        try:
            watching.watch(by=world.people.machine, at=world.tick())
        finally:
            connections.close_all()

    hold = gate.hold("GET", FILES)
    thread = threading.Thread(target=watch)
    thread.start()
    hold.wait()
    running = SyncReport.objects.get()
    assert (running.outcome, running.finished_at) == (Outcome.RUNNING, None)
    assert (running.percent, running.what) == (70, "hashing models:/outreach-model/1")
    assert AliasChange.objects.get().after.version == "2"
    hold.pass_on()
    thread.join(SECONDS)
    running.refresh_from_db()
    assert (running.outcome, running.percent) == (Outcome.SUCCEEDED, 100)
