"""One started process with everything it starts in turn: ready within a deadline, and gone when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
GROUP_SECONDS = 5.0


class ProcessFailed(Exception):
    """A process did not become ready; the message holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to start. `is_ready` gets the log's path and says whether the service can be used, at most `seconds` later.

    `patience` is how long it may take to end in order, in seconds; then it is ended by force.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[Path], bool]
    seconds: float = 60.0
    patience: float = 15.0


class Child:
    """A running service, leader of a process group of its own, so that Ctrl-C reaches only us."""

    def __init__(self, service: Service, *, folder: Path, logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                list(service.command),
                cwd=folder,
                env=dict(service.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process and of its group."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the process itself still runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Return when the service answers; raise ProcessFailed when it ends before, or never does."""
        deadline = time.monotonic() + self.service.seconds
        while not self.service.is_ready(self.log):
            if not self.is_running():
                raise self.failure(f"ended with exit code {self._process.returncode}")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {self.service.seconds:.0f} seconds")
            time.sleep(POLL_SECONDS)
        if not self.is_running():
            raise self.failure(f"ended with exit code {self._process.returncode}")

    def failure(self, what: str) -> ProcessFailed:
        """Return the exception that says what became of the service."""
        lines = self.log.read_text(errors="replace").splitlines()[-20:]
        return ProcessFailed(f"{self.service.name} {what}. The end of {self.log}:\n" + "\n".join(lines))

    def ask_to_stop(self) -> None:
        """Ask the process to end in order; returns at once."""
        self._asked = time.monotonic()
        if self.is_running():
            os.kill(self.pid, signal.SIGTERM)

    def wait_until_gone(self) -> None:
        """Return when the process, asked to stop, and all that it started are gone, by force if need be."""
        wait(lambda: not self.is_running(), self._asked + self.service.patience - time.monotonic())
        for by in (signal.SIGKILL,) if self.is_running() else (signal.SIGTERM, signal.SIGKILL):
            if not members(self.pid):
                break
            with suppress(ProcessLookupError):
                os.killpg(self.pid, by)
            wait(lambda: not self.is_running() and not members(self.pid), GROUP_SECONDS)
        self._process.wait(timeout=GROUP_SECONDS)


def members(group: int) -> list[int]:
    """Return the ids of the processes in the group that still run (the dead that nobody has collected do not count)."""
    if not Path("/proc/self").exists():
        return _any_member(group)
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


def _any_member(group: int) -> list[int]:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return []
    return [group]


def wait(condition: Callable[[], bool], seconds: float) -> None:
    """Return when `condition` holds, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
