"""Background work survives the death of its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from config.celery import app, broker
from tests.config import held_task
from tests.database import ROOT, TestDatabase
from tests.waiting import until

VISIBILITY = {"EDGEWISE_TASK_SECONDS": "6", "EDGEWISE_TASK_VISIBILITY_SECONDS": "7"}


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = (
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config.celery",
        "worker",
        "-c",
        "1",
        "-I",
        "tests.config.held_task",
    )
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *quiet],
            cwd=ROOT,
            env={**os.environ, **VISIBILITY},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def test_a_task_whose_worker_was_killed_is_finished_by_another(committed_db: TestDatabase, tmp_path: Path) -> None:
    with app.connection_for_write() as connection:
        held_task.held.apply_async(connection=connection)
    with worker(tmp_path / "first.log") as first:
        until(lambda: held_task.attempts() == 1, seconds=60, what="the first attempt")
        kill(first)
    assert not held_task.is_done()
    held_task.note(held_task.LET_GO)
    with worker(tmp_path / "second.log"):
        until(held_task.is_done, seconds=60, what="the second worker to finish the task")
    assert held_task.attempts() == 2


def test_the_application_may_use_the_queue_but_nobody_elses_tables(committed_db: TestDatabase) -> None:
    with psycopg.connect(committed_db.urls.application, autocommit=True) as connection:
        connection.execute("SELECT pgmq.create('other')")
        connection.execute("SELECT pgmq.send('other', '{}')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.intruder ()")


def test_the_queue_keeps_to_the_tls_settings_of_the_database(committed_db: TestDatabase) -> None:
    options = connections["default"].settings_dict["OPTIONS"]
    options.update(sslmode="verify-full", sslrootcert="/etc/edgewise/db.pem")
    try:
        found = conninfo_to_dict(broker()["broker_transport_options"]["conn_string"])
    finally:
        options.clear()
    assert (found["sslmode"], found["sslrootcert"]) == ("verify-full", "/etc/edgewise/db.pem")
    assert found["dbname"] == committed_db.name
