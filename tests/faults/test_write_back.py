"""MLflow learns how an approval stands, whatever happens on the way; the record says so once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.approvals import tasks
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import WriteBackState
from governance.audit.models import Leaf
from lineage import sync
from lineage.registry import Registry
from tests.factories.world import World
from tests.faults.gate import Gate
from tests.faults.workers import SECONDS, Queue, Worker
from tests.lineage.somebody import Somebody
from tests.tracking import add_version
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mlflow")
ALIAS, TAG = "approved-us__outreach__phone", "edgewise.approval.us.outreach.phone"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def approval(gate: Gate, queue: Queue, outreach: Somebody) -> Approval:
    """An approval of MLflow's version 1, of which MLflow has not been told."""
    add_version(outreach)
    approval = World.begin().approve()
    sync.connect(key="main", url=gate.url)
    return approval


def told(mlflow_url: str) -> tuple[str | None, str]:
    """Return the version that has MLflow's alias, and the first two words of version 1's tag."""
    with Registry(url=mlflow_url, timeout=10) as registry:
        alias = registry.registered_model(name="outreach-model").aliases.get(ALIAS)
        return alias, " ".join(registry.version(name="outreach-model", version="1").tags.get(TAG, "").split()[:2])


def is_done() -> bool:
    return WriteBack.objects.get().state == WriteBackState.DONE


def test_killed_before_and_after_the_alias_is_set_it_is_completed_once(
    approval: Approval, mlflow_url: str, gate: Gate, queue: Queue, start_worker: Callable[[], Worker]
) -> None:
    for hears_nothing, alias in ((False, None), (True, "1")):
        hold = gate.hold("POST", "registered-models/alias", after=hears_nothing)
        worker = start_worker()
        hold.wait()
        worker.kill()
        hold.drop()
        assert told(mlflow_url) == (alias, f"{approval} active")
        assert not is_done()
        queue.time_out()
    start_worker()
    until(lambda: is_done() and not queue.waiting(), seconds=SECONDS, what="the last worker")
    assert told(mlflow_url) == ("1", f"{approval} active")
    assert Leaf.objects.filter(type="approvals.registry.told").count() == 1


def test_what_an_unreachable_mlflow_and_an_empty_queue_lost_is_sent_again_by_the_sweep(
    approval: Approval, mlflow_url: str, queue: Queue, start_worker: Callable[[], Worker]
) -> None:
    sync.connect(key="main", url=NOBODY)
    start_worker()
    until(lambda: WriteBack.objects.get().attempts and not queue.waiting(), seconds=SECONDS, what="the first attempt")
    row = WriteBack.objects.get()
    assert (row.state, row.done_at) == (WriteBackState.PENDING, None)
    assert f"{NOBODY} cannot be reached" in row.last_error
    sync.connect(key="main", url=mlflow_url)
    tasks.sweep.delay()
    until(is_done, seconds=SECONDS, what="the write-back that was swept up")
    assert told(mlflow_url) == ("1", f"{approval} active")
    assert WriteBack.objects.get().last_error == ""
