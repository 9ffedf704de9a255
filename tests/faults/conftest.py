"""A worker on the real queue, a real MLflow server, and a door between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.celery import app
from tests.database import TestDatabase
from tests.faults.gate import Gate
from tests.faults.workers import Queue, Worker


@pytest.fixture
def queue(committed_db: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The queue of this test's database; this process keeps no connection to it, since the database goes."""
    monkeypatch.setattr(app.conf, "broker_pool_limit", None)
    return Queue(committed_db)


@pytest.fixture
def start_worker(queue: Queue, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start a worker; each that still runs at the end is killed."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(tmp_path / f"worker-{len(started)}.log"))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def gate(mlflow_url: str) -> Iterator[Gate]:
    """The door to MLflow."""
    door = Gate(mlflow_url)
    yield door
    door.close()
