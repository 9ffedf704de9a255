from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from governance.errors import Invalid
from lineage.errors import (
    ArtifactsUnreadable,
    HostilePath,
    RegistryError,
    RegistryMissing,
    RegistryNonsense,
    RegistryRefused,
    RegistryUnavailable,
)
from lineage.registry import Registry, logged_model_id, parse_uri

Answer = Callable[[BaseHTTPRequestHandler], None]
VERSION = {"name": "m", "version": "1", "creation_timestamp": 1, "source": "models:/m-1", "run_id": "r"}


def saying(body: bytes, *, status: int = 200, kind: str = "application/json", length: int | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body)
        request.close_connection = True

    return answer


def json_of(value: Any, **more: Any) -> Answer:
    return saying(json.dumps(value).encode(), **more)


@pytest.fixture
def ask(answering) -> Callable[..., RegistryError]:
    """Read a version from a server that answers so, and return the refusal."""

    def asked(answer: Answer, timeout: float = 5.0) -> RegistryError:
        url = answering(answer)
        with Registry(url=url, timeout=timeout) as registry, pytest.raises(RegistryError) as refusal:
            registry.version(name="m", version="1")
        assert url in refusal.value.message
        assert "model-versions/get" in refusal.value.message
        assert refusal.value.remedy
        return refusal.value

    return asked


def test_a_web_page_instead_of_json_is_named(ask):
    refusal = ask(saying(b"<html><title>Sign in</title></html>", kind="text/html"))
    assert type(refusal) is RegistryNonsense
    assert "text/html" in refusal.message
    assert "sign-in page" in refusal.remedy


def test_json_that_breaks_off_is_nonsense(ask):
    assert type(ask(saying(b'{"model_version": {"name": "m", "vers'))) is RegistryNonsense


def test_an_answer_cut_off_by_the_network_is_unavailability(ask):
    assert type(ask(saying(b'{"model_version": {', length=5000))) is RegistryUnavailable


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ([], "not an object"),
        ({}, "VersionSnapshot"),
        ({"model_version": None}, "VersionSnapshot"),
        ({"model_version": VERSION | {"version": 1}}, "version"),
        ({"model_version": VERSION | {"version": "-1"}}, "version"),
        ({"model_version": VERSION | {"creation_timestamp": "soon"}}, "creation_timestamp"),
        ({"model_version": VERSION | {"creation_timestamp": -1}}, "creation_timestamp"),
        ({"model_version": VERSION | {"tags": "none"}}, "tags"),
        ({"model_version": VERSION | {"tags": [{"value": 1}]}}, "tags"),
        ({"model_version": VERSION | {"run_id": "../.."}}, "run_id"),
        ({"model_version": VERSION | {"name": "x" * 501}}, "name"),
    ],
)
def test_a_wrong_shape_is_nonsense_with_its_place(ask, value, named):
    refusal = ask(json_of(value))
    assert type(refusal) is RegistryNonsense
    assert named in refusal.message


def test_json_nested_without_end_is_nonsense(ask):
    assert type(ask(saying(b"[" * 200_000))) is RegistryNonsense


def test_a_refused_host_name_says_which_option_allows_it(ask):
    refusal = ask(saying(b"Invalid Host header - possible DNS rebinding attack detected", status=403))
    assert type(refusal) is RegistryRefused
    assert "--allowed-hosts" in refusal.remedy


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_is_a_refusal(ask, status):
    assert type(ask(json_of({"error_code": "PERMISSION_DENIED"}, status=status))) is RegistryRefused


def test_a_failure_inside_is_unavailability(ask):
    assert type(ask(saying(b"oops", status=500))) is RegistryUnavailable


@pytest.mark.parametrize("status", [204, 302, 404, 418])
def test_any_other_status_is_nonsense(ask, status):
    assert type(ask(saying(b"", status=status))) is RegistryNonsense


def test_what_does_not_exist_is_missing(ask):
    missing = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Model Version (name=m, version=1) not found"}
    assert type(ask(json_of(missing, status=404))) is RegistryMissing


def test_a_silent_server_is_given_up(ask):
    done = threading.Event()
    refusal = ask(lambda _: done.wait(5), timeout=0.2)
    done.set()
    assert type(refusal) is RegistryUnavailable
    assert "within 0.2 s" in refusal.message


def test_an_answer_that_drips_is_given_up(ask):
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not stop.wait(0.02):
            try:
                request.wfile.write(b" ")
            except OSError:
                return

    started = time.monotonic()
    refusal = ask(drip, timeout=0.1)
    stop.set()
    assert type(refusal) is RegistryUnavailable
    assert time.monotonic() - started < 5


def test_nobody_listening_is_unavailability_without_the_password():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://edgewise:secret@127.0.0.1:{port}"
    with Registry(url=url, timeout=1) as registry, pytest.raises(RegistryUnavailable) as refusal:
        registry.registered_model(name="m")
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize("url", ["not an address", "ftp://host", "http://", "http://[::1"])
def test_an_address_that_is_none_is_unavailability(url):
    with pytest.raises(RegistryUnavailable), Registry(url=url, timeout=1) as registry:
        registry.registered_model(name="m")


def test_what_the_database_cannot_hold_is_replaced(answering):
    said = VERSION | {"description": "a\0b\ud800c"}
    with Registry(url=answering(json_of({"model_version": said})), timeout=5) as registry:
        assert registry.version(name="m", version="1").description == "a\ufffdb?c"


def test_numbers_beyond_json_become_text(answering):
    metrics = [{"key": "a", "value": "NaN"}, {"key": "b", "value": "-Infinity"}, {"key": "c", "value": 0.1 + 0.2}]
    run = {"run": {"info": {"run_id": "r"}, "data": {"metrics": metrics}}}
    with Registry(url=answering(json_of(run)), timeout=5) as registry:
        assert registry.run(run_id="r").metrics == {"a": "nan", "b": "-inf", "c": "0.3"}


@pytest.mark.parametrize("listed", ["../../etc/passwd", "/etc/passwd", "a/../b", "a\nb"])
def test_a_listing_with_a_hostile_path_is_refused(answering, listed):
    url = answering(json_of({"files": [{"path": listed, "is_dir": False, "file_size": 1}]}))
    with Registry(url=url, timeout=5) as registry, pytest.raises(HostilePath):
        registry.hash_model(uri="mlflow-artifacts:/1/models/m-1/artifacts")


def test_folders_without_end_are_nonsense(answering):
    url = answering(json_of({"files": [{"path": "again", "is_dir": True}]}))
    with Registry(url=url, timeout=5) as registry, pytest.raises(RegistryNonsense, match="without end"):
        registry.hash_model(uri="mlflow-artifacts:/1/a")


def test_pages_without_end_are_nonsense(answering, monkeypatch):
    monkeypatch.setattr("lineage.registry.MAX_PAGES", 3)
    url = answering(json_of({"next_page_token": "again"}))
    with Registry(url=url, timeout=5) as registry, pytest.raises(RegistryNonsense, match="without end"):
        registry.registered_models()


def test_a_file_of_another_size_than_listed_is_nonsense(answering):
    def answer(request: BaseHTTPRequestHandler) -> None:
        if "?" in request.path:
            json_of({"files": [{"path": "MLmodel", "file_size": 7}]})(request)
        else:
            saying(b"12345")(request)

    with Registry(url=answering(answer), timeout=5) as registry, pytest.raises(RegistryNonsense, match="listed with 7"):
        registry.hash_model(uri="mlflow-artifacts:/1/a")


@pytest.mark.parametrize(
    "uri", ["", "s3://bucket/x", "file:///tmp/x", "mlflow-artifacts://other-host/x", "dummy-source"]
)
def test_files_that_mlflow_does_not_serve_are_named_with_the_remedy(answering, uri):
    url = answering(json_of({}))
    with Registry(url=url, timeout=5) as registry, pytest.raises(ArtifactsUnreadable, match="--artifacts-destination"):
        registry.hash_model(uri=uri)


def test_a_model_without_files_is_named(answering):
    with (
        Registry(url=answering(json_of({})), timeout=5) as registry,
        pytest.raises(ArtifactsUnreadable, match="no files"),
    ):
        registry.hash_model(uri="mlflow-artifacts:/1/a")


def test_a_file_over_the_limit_is_refused(answering):
    with (
        Registry(url=answering(saying(b"x" * 100)), timeout=5) as registry,
        pytest.raises(Invalid, match="longer than 50"),
    ):
        registry.fetch(uri="mlflow-artifacts:/1/a", path="cases.json", into=io.BytesIO(), limit=50)


@pytest.mark.parametrize(
    ("uri", "parts"),
    [("models:/outreach/12", ("outreach", "12", "")), ("models:/a b@live-phone", ("a b", "", "live-phone"))],
)
def test_a_models_address_is_taken_apart(uri, parts):
    assert parse_uri(uri) == parts


@pytest.mark.parametrize(
    "uri", ["outreach/1", "models:/m", "models:/m/0", "models:/m/v1", "models:/a/b/1", "models:/m@"]
)
def test_another_address_is_refused_with_how_to_write_it(uri):
    with pytest.raises(Invalid, match="models:/NAME/VERSION"):
        parse_uri(uri)


def test_only_a_logged_models_source_has_its_id():
    assert logged_model_id("models:/m-0a1b") == "m-0a1b"
    assert logged_model_id("models:/m-0a1b/1") == ""
