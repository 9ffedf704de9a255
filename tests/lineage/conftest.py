"""A real MLflow server with two really trained models, and a server that answers whatever a test wants."""

from __future__ import annotations

import json
import os
import signal
import socket
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
from tests import waiting
from tests.lineage.somebody import Somebody

TRAINING = Path(__file__).with_name("training.py")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server of one worker, with its own database and files."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = _free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "files")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "log")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


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
    """Somebody with access to MLflow who has registered version 1 of a model with a name of its own."""
    with httpx.Client(base_url=mlflow_url, timeout=30) as http:
        person = Somebody(http=http, trained=trained, model=f"model-{uuid.uuid4().hex[:8]}")
        person.create_model()
        person.create_version("good")
        yield person


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    def answers_or_ended() -> bool:
        try:
            return process.poll() is not None or httpx.get(f"{url}/health", timeout=2).is_success
        except httpx.HTTPError:
            return False

    waiting.until(answers_or_ended, seconds=120, what="MLflow")
    if process.poll() is not None:
        pytest.fail(f"MLflow did not start:\n{log.read_text()[-3000:]}")
