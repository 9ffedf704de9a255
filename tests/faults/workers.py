"""Workers that can be killed, and the queue that they read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.celery import QUEUE
from config.processes.child import members
from tests.database import ROOT, TestDatabase
from tests.waiting import until

LIMITS = {"EDGEWISE_TASK_SECONDS": "30", "EDGEWISE_TASK_VISIBILITY_SECONDS": "60"}
SECONDS = 60.0
"""How long a test waits for a state before it fails; far above what any takes."""


class Worker:
    """A Celery worker with one process for tasks, in a process group of its own."""

    def __init__(self, log: Path) -> None:
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-c", "1", *quiet],
                cwd=ROOT,
                env={**os.environ, **LIMITS},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the worker and everything it started with SIGKILL, and return when all of it is gone."""
        group = self._process.pid
        if members(group):
            os.killpg(group, signal.SIGKILL)
        self._process.wait(timeout=SECONDS)
        until(lambda: not members(group), seconds=SECONDS, what="the worker's processes to end")


class Queue:
    """The queue inside PostgreSQL, seen by the test."""

    def __init__(self, database: TestDatabase) -> None:
        self._place = database.urls.application

    def waiting(self) -> list[str]:
        """Return the names of the tasks whose messages are there, those that a worker holds included."""
        rows = self._ask(f"SELECT message->'headers'->>'task' FROM pgmq.q_{QUEUE} ORDER BY msg_id")
        return [str(name) for (name,) in rows]

    def time_out(self) -> None:
        """Let the time be over for which a worker may hold a message: what is still there can be read again."""
        self._ask(f"SELECT pgmq.set_vt('{QUEUE}', msg_id, 0) FROM pgmq.q_{QUEUE}")

    def _ask(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._place) as connection:
            return connection.execute(question).fetchall()


@contextmanager
def row_held(database: TestDatabase, table: str, pk: int) -> Iterator[None]:
    """Hold the lock of one row against everybody else."""
    with psycopg.connect(database.urls.application) as connection:
        connection.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])
        yield
        connection.rollback()


def somebody_waits_for_a_row(database: TestDatabase) -> bool:
    """Whether some transaction of this database, of all that the server has, waits for a row that another holds."""
    with psycopg.connect(database.urls.application) as connection:
        of_this = "datname = current_database() AND wait_event_type = 'Lock'"
        return connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {of_this}").fetchone() != (0,)
