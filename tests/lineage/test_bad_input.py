"""Whatever a tracking server answers, the mirror keeps what it had, says what was wrong, and reads it the next time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from lineage import selectors, sync
from lineage.errors import RegistryError, RegistryNonsense, RegistryRefused, RegistryUnavailable
from lineage.models import ModelVersion, SyncReport, TrackingServer
from tests.faults.gate import Gate
from tests.lineage.test_registry import json_of, saying
from tests.lineage.test_sync import rows

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]
HTML = saying(b"<html><title>Sign in</title></html>", kind="text/html")
INVALID_HOST = saying(b"Invalid Host header - possible DNS rebinding attack detected", status=403)
BAD = {
    "HTML instead of JSON": (HTML, RegistryNonsense, "reachable"),
    "JSON that breaks off": (saying(b'{"model_versions": [{"name": "m"'), RegistryNonsense, "reachable"),
    "a list that breaks off": (saying(b'{"model_versions": ['), RegistryNonsense, "reachable"),
    "the network that breaks off": (saying(b'{"model_versions": [', length=500), RegistryUnavailable, "unreachable"),
    "a list instead of an object": (saying(b"[]"), RegistryNonsense, "reachable"),
    "a version without a name": (json_of({"model_versions": [{}]}), RegistryNonsense, "reachable"),
    "versions out of order": (
        json_of({"model_versions": [{"name": name, "version": "1", "creation_timestamp": 1} for name in "aba"]}),
        RegistryNonsense,
        "reachable",
    ),
    "a refused host name": (INVALID_HOST, RegistryRefused, "reachable"),
    "a server that is no MLflow": (saying(b"Not Found", status=404), RegistryNonsense, "reachable"),
    "a failure inside": (saying(b"oops", status=500), RegistryUnavailable, "unreachable"),
}


def spoiling(bad: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer the search for versions so, and every other search with nothing."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        is_versions = urlsplit(request.path).path.endswith("model-versions/search")
        (bad if is_versions else json_of({}))(request)

    return answer


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_named_changes_nothing_and_is_asked_again(somebody, server, later, answering, name):
    bad, kind, state = BAD[name]
    sync.synchronise(server=server, at=later())
    before, good = rows(), server.url
    broken = sync.connect(key="main", url=answering(spoiling(bad)))
    with pytest.raises(RegistryError) as refused:
        sync.synchronise(server=broken, at=later())
    assert type(refused.value) is kind
    assert rows() == before
    row = TrackingServer.objects.get(key="main")
    assert (row.state, row.last_error) == (state, refused.value.message)
    assert SyncReport.objects.order_by("pk").last().error == refused.value.message
    facts = sync.synchronise(server=sync.connect(key="main", url=good), at=later())
    assert (facts.report.outcome, set(facts.counts().values())) == (SyncReport.Outcome.SUCCEEDED, {0})
    assert TrackingServer.objects.get(key="main").last_error == ""


@pytest.fixture
def door(mlflow_url: str) -> Iterator[Gate]:
    made = Gate(mlflow_url)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("method", "endpoint"),
    [("GET", "model-versions/search"), ("GET", "registered-models/search"), ("POST", "runs/search")],
)
def test_a_server_gone_in_the_middle_leaves_nothing_half_written(somebody, later, mlflow_url, door, method, endpoint):
    hold = door.hold(method, endpoint, after=True)

    def fall() -> None:
        hold.wait()
        door.close()

    threading.Thread(target=fall, daemon=True).start()
    with pytest.raises(RegistryUnavailable):
        sync.synchronise(server=sync.connect(key="main", url=door.url), at=later())
    server = sync.connect(key="main", url=mlflow_url)
    facts = sync.synchronise(server=server, at=later())
    assert f"models:/{somebody.model}/1" in [version.uri for version in facts.new_versions]
    version = selectors.version(server=server, name=somebody.model, version="1")
    assert (version.run.run_id, bool(version.digest)) == (somebody.trained["good_run"], True)


def test_a_hundred_thousand_tags_and_a_tag_of_a_megabyte_are_read(later, answering, settings):
    tags = [{"key": f"tag-{number}", "value": "x"} for number in range(100_000)]
    described: dict[str, Any] = {"name": "m", "creation_timestamp": 1}
    version = {**described, "version": "1", "status": "FAILED", "tags": [*tags, {"key": "long", "value": "y" * 10**6}]}

    def answer(request: BaseHTTPRequestHandler) -> None:
        place = urlsplit(request.path)
        if place.path.endswith("model-versions/search"):
            json_of({"model_versions": [version]})(request)
        elif place.path.endswith("registered-models/search") and "filter" not in place.query:
            json_of({"registered_models": [described]})(request)
        else:
            json_of({})(request)

    url = answering(answer)
    sync.synchronise(server=sync.connect(key="main", url=url), at=later())
    row = ModelVersion.objects.get()
    assert (len(row.tags), len(row.tags["long"])) == (100_001, 10**6)


@pytest.mark.parametrize("hostile", ["..", "a\u202eb", "a\tb", "%2e%2e%2f", "'; DROP TABLE x; --", "x" * 200, "\x01"])
def test_hostile_names_and_values_are_only_text(somebody, server, later, hostile):
    somebody.tag_version("1", "team", hostile)
    somebody.describe(hostile, version="1")
    somebody.create_version("bad", run_id=somebody.start_run(hostile, user=hostile))
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    version = selectors.version(server=server, name=somebody.model, version="1")
    assert (version.tags["team"], version.description, facts.problems) == (hostile, hostile, ())
    assert json.dumps(facts.as_dict())
