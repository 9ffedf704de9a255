"""A tracking server's webhook is removed again: hints end, the mirror and its history stay."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from django.utils import timezone

from governance.audit.models import Leaf
from lineage import hooks, sync
from lineage.models import Hook, StateChange, TrackingServer
from tests.api.cli.site import Ran, Site, site
from tests.factories import mirror
from tests.factories.world import World
from tests.faults.workers import Queue
from tests.lineage.somebody import Somebody
from tests.tracking import NOBODYS_CERTIFICATE, add_version

pytestmark = pytest.mark.xdist_group("mlflow")
WEBHOOKS = "/api/2.0/mlflow/webhooks"


@pytest.fixture
def running(queue: Queue) -> Iterator[Site]:
    """A site that MLflow can call, of an installation that has heard of no server yet."""
    with site(World.begin(), together=True) as found:
        yield found


@pytest.fixture
def mlflow(mlflow_url: str) -> Iterator[httpx.Client]:
    """Somebody who reads MLflow's own list of webhooks; of earlier tests there are none."""
    with httpx.Client(base_url=mlflow_url, verify=NOBODYS_CERTIFICATE) as http:
        for hook in listed(http):
            http.delete(f"{WEBHOOKS}/{hook['webhook_id']}").raise_for_status()
        yield http


def listed(http: httpx.Client) -> list[dict[str, str]]:
    return list(http.get(WEBHOOKS).json().get("webhooks", []))


def administers(running: Site, *arguments: str) -> Ran:
    return running.edgewise("mlflow", *arguments, token=running.token("administrator", scopes=["administer"]))


def connect(running: Site, mlflow_url: str, *, key: str = "main") -> None:
    callback = f"{running.url}/hooks/mlflow/{key}"
    ran = administers(running, "connect", mlflow_url, "--key", key, "--callback", callback)
    assert ran.code == 0, ran.err


def another_of_somebody(mlflow: httpx.Client, running: Site) -> None:
    event = {"entity": "MODEL_VERSION", "action": "CREATED"}
    body = {"name": "theirs", "url": f"{running.url}/elsewhere", "events": [event]}
    mlflow.post(WEBHOOKS, json=body).raise_for_status()


def records(kind: str) -> int:
    return Leaf.objects.filter(type=f"monitoring.hook.{kind}").count()


def called(running: Site, hook: Hook) -> int:
    body, now = b'{"entity": "model_version", "action": "created", "data": {"name": "m"}}', timezone.now()
    timestamp = str(int(now.timestamp()))
    signed = hooks.signature(hooks.secret(hook), delivery="d-9", timestamp=timestamp, body=body)
    headers = {hooks.DELIVERY: "d-9", hooks.TIMESTAMP: timestamp, hooks.SIGNATURE: signed}
    with httpx.Client(verify=NOBODYS_CERTIFICATE) as http:
        return http.post(f"{running.url}/hooks/mlflow/main", content=body, headers=headers).status_code


def test_only_our_webhook_is_removed_and_doing_it_again_changes_nothing(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    another_of_somebody(mlflow, running)
    connect(running, mlflow_url)
    ran = administers(running, "disconnect", mlflow_url, "--json")
    assert ran.code == 0, ran.err
    said = json.loads(ran.out)
    assert (said["was_connected"], said["removed"]) == (True, [f"{running.url}/hooks/mlflow/main"])
    assert any("The mirror, its history and the log stay" in note for note in said["notes"])
    assert [hook["name"] for hook in listed(mlflow)] == ["theirs"]
    again = administers(running, "disconnect", "main")
    assert again.code == 0
    assert "main: No hints were taken. MLflow had no webhook." in again.out
    assert records("disconnected") == 1


def test_what_was_mirrored_and_its_history_stay(
    running: Site, mlflow: httpx.Client, mlflow_url: str, outreach: Somebody
) -> None:
    connect(running, mlflow_url)
    server = TrackingServer.objects.get()
    number = add_version(outreach)
    sync.synchronise(server=server, models=[outreach.model], at=timezone.now())
    outreach.tag_version(number, "team", "outreach")
    sync.synchronise(server=server, models=[outreach.model], at=timezone.now())
    assert administers(running, "disconnect", "main").code == 0
    assert StateChange.objects.filter(key="team", version__version=number).exists()
    told = running.edgewise("lineage", "history", f"models:/{mirror.MODEL}/{number}", "--system", "outreach")
    assert "tag team set" in told.out


def test_a_call_with_a_secret_that_ended_is_not_taken_even_after_connecting_again(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    connect(running, mlflow_url)
    former = Hook.objects.get()
    assert called(running, former) in (200, 202)
    assert administers(running, "disconnect", "main").code == 0
    assert called(running, former) == 404
    connect(running, mlflow_url)
    newest = Hook.objects.get()
    assert hooks.secret(newest) != hooks.secret(former)
    assert called(running, newest) in (200, 202)


def test_a_server_that_does_not_answer_is_told_with_what_is_still_there(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    connect(running, mlflow_url)
    TrackingServer.objects.update(url="http://127.0.0.1:9")
    ran = administers(running, "disconnect", "main")
    assert ran.code == 3
    assert "cannot be reached" in ran.err
    assert "its webhook is still there and calls" in ran.err
    assert not Hook.objects.exists()
    assert len(listed(mlflow)) == 1
    TrackingServer.objects.update(url=mlflow_url)
    mended = administers(running, "disconnect", "main")
    assert mended.code == 0
    assert f"MLflow no longer calls {running.url}/hooks/mlflow/main" in mended.out
    assert listed(mlflow) == []


@pytest.mark.parametrize(
    ("server", "says"),
    [("http://nowhere.example:5000", "No tracking server is connected at"), ("nowhere", "no such tracking server")],
)
def test_a_server_that_nobody_connected_is_refused(running: Site, server: str, says: str) -> None:
    ran = administers(running, "disconnect", server)
    assert (ran.code, says in ran.err) == (1, True)


def test_an_address_that_two_keys_have_is_refused_with_both(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    connect(running, mlflow_url)
    connect(running, mlflow_url, key="second")
    ran = administers(running, "disconnect", mlflow_url)
    assert ran.code == 1
    assert "main, second" in ran.err
    assert administers(running, "disconnect", "second").code == 0
    assert [hook["name"] for hook in listed(mlflow)] == ["edgewise-main"]


def test_who_is_no_administrator_neither_lists_nor_disconnects(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    connect(running, mlflow_url)
    for address in (mlflow_url, "main"):
        ran = running.edgewise("mlflow", "disconnect", address, who="engineer")
        assert ran.code == 1
    assert Hook.objects.exists()
    assert len(listed(mlflow)) == 1


def test_connecting_with_an_idempotency_key_is_tried_with_the_secret_that_was_made(
    running: Site, mlflow: httpx.Client, mlflow_url: str
) -> None:
    connect(running, mlflow_url)
    token = running.token("administrator", scopes=["administer"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    body = {"callback": f"{running.url}/hooks/mlflow/main"}
    with httpx.Client(base_url=running.url, verify=NOBODYS_CERTIFICATE, headers=headers, timeout=30) as http:
        answers = [http.post("/api/v1/servers/main/hook", json=body).json() for _ in range(2)]
    assert [answer["arrived"] for answer in answers] == [True, True]
    assert records("connected") == 2
