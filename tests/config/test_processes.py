"""What is started together is stopped together, and nothing else is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config import embedded
from config.embedded.folder import DatabaseUnavailable, free_port, is_free
from config.processes import ProcessFailed, Stack, ports
from config.processes.child import Child, Service, members
from tests.database import ROOT, TestDatabase
from tests.waiting import until

SLEEPER = "import time; time.sleep(600)"
FAMILY = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); print('up'); "


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        yield other.getsockname()[1]


def service(program: str, *, words: str = "up", seconds: float = 20.0, patience: float = 15.0) -> Service:
    return Service(
        name="sample",
        command=[sys.executable, "-u", "-c", program],
        environment=dict(os.environ),
        is_ready=lambda log: words in log.read_text(),
        seconds=seconds,
        patience=patience,
    )


def started(given: Service, folder: Path) -> Child:
    return Child(given, folder=folder, logs=folder)


def stop(child: Child) -> None:
    child.ask_to_stop()
    child.wait_until_gone()


def test_a_taken_port_is_replaced_and_the_reader_is_told(taken: int) -> None:
    said: list[str] = []
    with ports.reserved(taken, service="the site", say=said.append) as chosen:
        assert chosen != taken
        assert is_free(chosen)
        assert said == [f"Port {taken} is taken; the site uses {chosen} instead."]


def test_stacks_that_choose_at_the_same_moment_choose_differently() -> None:
    with ports.reserved(0, service="one", say=print) as one, ports.reserved(one, service="other", say=print) as other:
        assert one != other
    with ports.reserved(one, service="one", say=print) as again:
        assert again == one


def test_a_run_of_taken_ports_gives_a_clear_error() -> None:
    with ExitStack() as others:
        first = others.enter_context(ports.reserved(0, service="other", say=print))
        for port in range(first + 1, first + ports.TRIED):
            others.enter_context(ports.reserved(port, service="other", say=print))
        with pytest.raises(
            DatabaseUnavailable, match=f"Ports {first} to {first + 49} are all taken; MLflow cannot start"
        ):
            others.enter_context(ports.reserved(first, service="MLflow", say=print))


def test_the_error_of_a_process_that_ends_early_shows_its_log(tmp_path: Path) -> None:
    child = started(service("print('no such table'); raise SystemExit(3)"), tmp_path)
    with pytest.raises(ProcessFailed, match=r"sample ended with exit code 3\. The end of .*\n.*no such table"):
        child.wait_until_ready()
    stop(child)


def test_a_process_that_never_answers_is_given_up(tmp_path: Path) -> None:
    child = started(service(SLEEPER, seconds=0.2), tmp_path)
    with pytest.raises(ProcessFailed, match="was not ready after 0 seconds"):
        child.wait_until_ready()
    stop(child)


def test_stopping_ends_the_children_of_a_process_too(tmp_path: Path) -> None:
    child = started(service(FAMILY + "time.sleep(600)"), tmp_path)
    child.wait_until_ready()
    assert len(members(child.pid)) == 2
    stop(child)
    assert members(child.pid) == []


def test_a_process_that_takes_too_long_to_stop_is_ended_with_its_children(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    child = started(service(deaf + FAMILY + "time.sleep(600)", patience=0.1), tmp_path)
    child.wait_until_ready()
    stop(child)
    assert members(child.pid) == []


def test_stopping_ends_children_that_a_crashed_process_left_behind(tmp_path: Path) -> None:
    child = started(service(FAMILY + "import os; os._exit(1)"), tmp_path)
    until(lambda: not child.is_running(), seconds=20, what="the crash")
    stop(child)
    assert members(child.pid) == []


def test_a_stack_ended_by_a_signal_stops_what_it_started_and_none_else(
    committed_db: TestDatabase, tmp_path: Path
) -> None:
    program = (
        "import signal; from pathlib import Path; from config.processes import Stack\n"
        "chosen = {'services': ['web'], 'site_port': 0, 'mlflow_port': 0}\n"
        f"with Stack(data_dir=Path({str(tmp_path)!r}), **chosen) as stack:\n"
        "    print(stack.site_port, stack.children[0].pid, flush=True); signal.pause()"
    )
    bystander = subprocess.Popen([sys.executable, "-c", SLEEPER])
    stack = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert stack.stdout is not None
        port, group = map(int, stack.stdout.readline().split())
        assert ports.answers(port, "/sign-in/")
        stack.send_signal(signal.SIGTERM)
        assert stack.wait(timeout=60) == 128 + signal.SIGTERM
        assert members(group) == []
        assert is_free(port)
        assert bystander.poll() is None
    finally:
        stack.stdout.close()
        stack.kill()
        bystander.kill()
        bystander.wait(timeout=20)


def test_a_beat_that_is_killed_is_missed(committed_db: TestDatabase, tmp_path: Path) -> None:
    with Stack(data_dir=tmp_path, services=["beat"], site_port=0, mlflow_port=0, say=print) as stack:
        stack.check()
        (beat,) = stack.children
        os.kill(beat.pid, signal.SIGKILL)
        until(lambda: not beat.is_running(), seconds=20, what="the end of the beat")
        with pytest.raises(ProcessFailed, match=r"beat has ended by itself\. The end of .*beat\.log"):
            stack.check()


def test_a_database_that_is_killed_is_missed_before_those_that_end_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    server = embedded.Postgres(tmp_path)
    try:
        with Stack(data_dir=tmp_path, services=[], site_port=0, mlflow_port=0, say=print) as stack:
            stack.check()
            stack.children.append(ended := started(service("raise SystemExit"), tmp_path))
            pid = server.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until(lambda: server.pid() is None and not ended.is_running(), seconds=20, what="the end of PostgreSQL")
            with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL has ended by itself\. The end of .*server\.log"):
                stack.check()
    finally:
        embedded.remove(tmp_path)


def test_an_unknown_service_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mailer"):
        Stack(data_dir=tmp_path, services=["mailer"])
