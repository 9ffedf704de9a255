"""Two really trained models on a real MLflow server, and a server that answers whatever a test wants."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from lineage import sync
from lineage.models import TrackingServer
from tests.lineage.somebody import Somebody
from tests.tracking import NOBODYS_CERTIFICATE

TRAINING = Path(__file__).with_name("training.py")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def training() -> Iterator[subprocess.Popen[str]]:
    """The training script, which imports for seconds and then waits to be told an address on its input."""
    command = [sys.executable, "-W", "ignore", str(TRAINING)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        yield process
        process.kill()


@pytest.fixture(scope="session")
def trained(
    training: subprocess.Popen[str], mlflow_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the training script, run with MLflow's own client, logged: ids, and where the client's download lies."""
    folder = tmp_path_factory.mktemp("download")
    out, err = training.communicate(f"{mlflow_url}\n{folder}\n", timeout=180)
    assert training.returncode == 0, err
    return dict(json.loads(out.splitlines()[-1]))


@pytest.fixture
def somebody(trained: dict[str, Any], mlflow_url: str) -> Iterator[Somebody]:
    """Somebody with access to MLflow who has registered version 1 of a model with a name of its own, gone afterwards:
    whoever reads all models would read those of every test."""
    with httpx.Client(base_url=mlflow_url, timeout=30, verify=NOBODYS_CERTIFICATE) as http:
        person = Somebody(http=http, trained=trained, model=f"model-{uuid.uuid4().hex[:8]}")
        person.create_model()
        person.create_version("good")
        yield person
        if person.has_model():
            person.delete_model()


@pytest.fixture
def server(mlflow_url: str) -> TrackingServer:
    """The tracking server's row."""
    return sync.connect(key="main", url=mlflow_url)


@pytest.fixture
def later() -> Callable[[], datetime]:
    """Each call gives a time one minute after the last."""
    minutes = iter(range(10_000))
    return lambda: NOW + timedelta(minutes=next(minutes))


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], None]], str]]:
    """Start a server that answers every request by the function given; returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()
