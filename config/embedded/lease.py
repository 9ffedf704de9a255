"""Share one embedded server between processes: the first to need it starts it, the last to leave stops it."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import folder as folders
from config.embedded.server import Postgres


@contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[Postgres]:
    """Hold the server of `data_dir` running. A server that was started outside of any lease is left running."""
    server = Postgres(data_dir, durable=durable)
    root = folders.root_of(data_dir)
    folders.read(data_dir)
    started = root / "started-for-lease"
    with (root / "lease").open("w") as lease:
        with _alone(root):
            if not server.is_running():
                started.touch()
                server.start()
            fcntl.flock(lease, fcntl.LOCK_SH)
        try:
            yield server
        finally:
            with _alone(root):
                if _is_last(lease.fileno()) and started.exists():
                    server.stop()
                    started.unlink()


@contextmanager
def started_for_good(data_dir: Path) -> Iterator[Postgres]:
    """Run the server in its own right, for a foreground process; raise DatabaseUnavailable when it runs already."""
    server = Postgres(data_dir)
    root = folders.root_of(data_dir)
    folders.read(data_dir)
    with _alone(root):
        if server.is_running():
            raise folders.DatabaseUnavailable(f"The server of {data_dir} runs already, as process {server.pid()}.")
        (root / "started-for-lease").unlink(missing_ok=True)
        server.start()
    try:
        yield server
    finally:
        with _alone(root):
            server.stop()


def remove(data_dir: Path) -> None:
    """Delete the server of `data_dir` with all its data; nothing happens when there is none.

    Raise DatabaseUnavailable while it runs.
    """
    root = folders.root_of(data_dir)
    if not (root / "server.json").exists():
        return
    with _alone(root):
        pid = Postgres(data_dir).pid()
        if pid is not None:
            raise folders.DatabaseUnavailable(f"The server of {data_dir} still runs, as process {pid}. Stop it first.")
        folder = folders.read(data_dir)
        for place in (Path(folder.socket), Path(folder.home), root):
            if place.exists():
                shutil.rmtree(place)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(lease: int) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
