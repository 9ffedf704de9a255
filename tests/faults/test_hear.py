"""MLflow hints at a change, and Edgewise has read it before the clock would have asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from governance.audit.models import Leaf
from governance.monitoring.models import OutOfBandPromotion
from lineage import hooks
from lineage.models import Alias, Hint, Hook, SyncReport, TrackingServer
from tests.api.cli.site import Ran, Site, site
from tests.factories.world import World
from tests.faults.workers import SECONDS, Queue, Worker
from tests.lineage.somebody import Somebody
from tests.tracking import NOBODYS_CERTIFICATE, add_version
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture
def world(queue: Queue, outreach: Somebody) -> World:
    """An installation that has heard of no server yet."""
    return World.begin()


def connected(found: Site, mlflow_url: str) -> Ran:
    token = found.token("administrator", scopes=["administer"])
    callback = f"{found.url}/hooks/mlflow/main"
    return found.edgewise("mlflow", "connect", mlflow_url, "--callback", callback, "--json", token=token)


def test_a_moved_alias_is_found_by_its_hint(
    world: World, outreach: Somebody, mlflow_url: str, start_worker: Callable[[], Worker]
) -> None:
    with site(world, together=True) as found:
        ran = connected(found, mlflow_url)
        assert ran.code == 0, ran.err
        said = json.loads(ran.out)
        assert said["arrived"]
        assert any("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY" in note for note in said["notes"])
        assert Leaf.objects.filter(type="monitoring.hook.connected").count() == 1
        start_worker()
        number = add_version(outreach)
        outreach.move_alias("live-phone", number)
        promotion = until(OutOfBandPromotion.objects.first, seconds=SECONDS, what="the hint to be read")
        until(lambda: not Hint.objects.filter(taken_at=None).exists(), seconds=SECONDS, what="every hint to be taken")
    assert promotion.model_version.version == number
    assert Alias.objects.get().version.version == number
    # Only some of what is watched was read, so nothing is known of how old the rest is.
    assert TrackingServer.objects.get().last_synchronised_at is None


def test_connecting_again_keeps_one_webhook_and_renews_its_secret(world: World, mlflow_url: str) -> None:
    with site(world, together=True) as found, httpx.Client(base_url=mlflow_url, verify=NOBODYS_CERTIFICATE) as http:
        first, second = connected(found, mlflow_url), connected(found, mlflow_url)
        assert (first.code, second.code) == (0, 0)
        there = http.get("/api/2.0/mlflow/webhooks").json()["webhooks"]
    assert [hook["name"] for hook in there] == ["edgewise-main"]
    assert not json.loads(second.out)["is_new"]
    told = [json.loads(bytes(leaf.entry))["data"] for leaf in Leaf.objects.filter(type="monitoring.hook.connected")]
    assert sorted(each["generation"] for each in told) == [
        Hook.objects.get().generation - 1,
        Hook.objects.get().generation,
    ]
    assert hooks.secret(Hook.objects.get()) not in "".join(bytes(leaf.entry).decode() for leaf in Leaf.objects.all())


def test_a_callback_that_nobody_answers_is_told_with_what_to_do(world: World, mlflow_url: str) -> None:
    with site(world, together=True) as found:
        token = found.token("administrator", scopes=["administer"])
        ran = found.edgewise("mlflow", "connect", mlflow_url, "--callback", "https://nosuch.invalid/x", token=token)
    assert ran.code == 1
    assert "did NOT arrive" in ran.out
    assert "Give --callback an address that it reaches" in ran.out


def test_a_hundred_deliveries_at_once_are_one_hint(world: World, mlflow_url: str) -> None:
    with site(world, together=True) as found, ThreadPoolExecutor(8) as many:
        connected(found, mlflow_url)
        Hint.objects.all().delete()
        body = b'{"entity": "model_version", "action": "created", "data": {"name": "outreach-model"}}'
        headers = _signed(body)
        answers = list(many.map(lambda _: _sent(found, body, headers), range(100)))
        refused = _sent(found, body, headers | {hooks.SIGNATURE: "v1,forged"})
    assert sorted(set(answers)) == [200, 202]
    assert answers.count(202) == 1
    assert refused == 401
    assert Hint.objects.count() == 1


def test_hints_wait_while_the_server_cannot_be_read(
    world: World, outreach: Somebody, mlflow_url: str, start_worker: Callable[[], Worker]
) -> None:
    with site(world, together=True) as found:
        connected(found, mlflow_url)
        TrackingServer.objects.update(url="http://127.0.0.1:9")
        outreach.move_alias("live-phone", add_version(outreach))
        start_worker()
        until(
            lambda: SyncReport.objects.filter(outcome=SyncReport.Outcome.FAILED).exists(),
            seconds=SECONDS,
            what="the reading to fail",
        )
    assert Hint.objects.filter(taken_at=None, model=outreach.model).exists()


def _signed(body: bytes) -> dict[str, str]:
    from django.utils import timezone

    timestamp = str(int(timezone.now().timestamp()))
    secret = hooks.secret(Hook.objects.get())
    signature = hooks.signature(secret, delivery="d-1", timestamp=timestamp, body=body)
    return {hooks.DELIVERY: "d-1", hooks.TIMESTAMP: timestamp, hooks.SIGNATURE: signature}


def _sent(found: Site, body: bytes, headers: dict[str, str]) -> int:
    with httpx.Client(verify=NOBODYS_CERTIFICATE) as http:
        return http.post(f"{found.url}/hooks/mlflow/main", content=body, headers=headers).status_code
