"""One stack for each data folder, and nothing left over of one that was killed."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from config.processes.child import ProcessFailed, members, wait

FILE = "running.json"
END_SECONDS = 3.0


class Holding:
    """The data folder, held by this process; its file says by whom, and which processes were started there."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._children: list[dict[str, object]] = []

    def add(self, pid: int) -> None:
        """Note a started process, the leader of its group, to be ended by the next stack if this one is killed."""
        self._children.append({"pid": pid, "started": started_at(pid)})
        self.write()

    def forget(self) -> None:
        """Note that everything that was started is gone."""
        self._children.clear()
        self.write()

    def write(self) -> None:
        """Write down who holds the folder, and what was started."""
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), "children": self._children}, self._file)
        self._file.flush()


@contextmanager
def held(data_dir: Path) -> Iterator[Holding]:
    """Hold `data_dir` for this process alone, having ended what a killed stack left running there.

    Raise ProcessFailed naming the process that holds it already. The kernel lets go of the folder with this process,
    however that ends; children do not inherit the hold.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProcessFailed(_taken(data_dir, _read(file))) from error
        _end_all([child["pid"] for child in _read(file).get("children", []) if _is_still(**child)])
        holding = Holding(file)
        holding.write()
        yield holding


def started_at(pid: int) -> str:
    """Return when `pid` started, which no later process of that number shares; empty when there is none.

    That is this boot of the machine and the 22nd field of proc_pid_stat(5).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _read(file: IO[str]) -> dict[str, Any]:
    """Return what the file says; nothing while it is empty or half written."""
    file.seek(0)
    try:
        return dict(json.load(file))
    except ValueError:
        return {}


def _taken(data_dir: Path, found: dict[str, Any]) -> str:
    holder = f"process {found['pid']}" if found else "another process"
    return (
        f"{data_dir} is in use: {holder} runs Edgewise there. "
        "Stop that first (Ctrl-C, or kill its process), or name another folder with EDGEWISE_DATA_DIR."
    )


def _is_still(*, pid: int, started: str) -> bool:
    """Whether the process of this number is the one that was noted, and no later one."""
    return bool(started) and started == started_at(pid)


def _end_all(groups: Sequence[int]) -> None:
    for by in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, by)
        wait(lambda: not any(map(members, groups)), END_SECONDS)
