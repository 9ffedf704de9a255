"""Start and stop an embedded PostgreSQL, and bring it back after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from config.embedded import account as accounts
from config.embedded import folder as folders
from config.embedded.binaries import programs
from config.embedded.folder import DatabaseUnavailable, Folder

START_SECONDS = 60.0
"""Long enough for crash recovery, and for the orphans of a killed server to notice and go."""
STOP_SECONDS = 60.0
POLL_SECONDS = 0.01
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """The server of one data folder. `durable=False` is for tests: faster, and lost with the machine's power."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir
        self.log = folders.root_of(data_dir) / "server.log"
        self._settings = DURABLE if durable else THROWAWAY
        self._account = accounts.current()

    @property
    def urls(self) -> folders.Urls:
        """Where to connect, as of now (a start may have moved the port)."""
        return folders.database_urls(self.data_dir)

    def is_running(self) -> bool:
        """Whether the server accepts connections."""
        folder = folders.read(self.data_dir)
        return _accepts(folder) and _status(folder.cluster) == "ready"

    def start(self, *, seconds: float = START_SECONDS) -> None:
        """Make the cluster if there is none and start the server; return when it accepts connections.

        Raise DatabaseUnavailable with the end of the log when it does not within `seconds`.
        """
        if self.is_running():
            return
        self._initialise()
        deadline = time.monotonic() + seconds
        while not self._attempt(deadline):
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(f"PostgreSQL did not start. The end of {self.log}:\n{_tail(self.log)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End all connections and stop the server in order; return when it is gone."""
        cluster = folders.read(self.data_dir).cluster
        pid = _pid(cluster)
        if pid is None or not _is_alive(pid, cluster):
            return
        if not _end(pid, cluster, signal.SIGINT):
            _end(pid, cluster, signal.SIGQUIT)

    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        cluster = folders.read(self.data_dir).cluster
        pid = _pid(cluster)
        return pid if pid is not None and _is_alive(pid, cluster) else None

    def check(self) -> None:
        """Raise DatabaseUnavailable, with the end of the log, when the server, once started, has ended by itself."""
        if self.pid() is None:
            raise DatabaseUnavailable(f"PostgreSQL has ended by itself. The end of {self.log}:\n{_tail(self.log)}")

    def _attempt(self, deadline: float) -> bool:
        folder = folders.read(self.data_dir)
        if not folders.is_free(folder.port) and not self.is_running():
            folder = folders.move_port(self.data_dir)
        _forget_the_dead(folder.cluster)
        pid = self._launch(folder)
        while _is_alive(pid, folder.cluster):
            if self.is_running():
                return True
            if time.monotonic() > deadline:
                _end(pid, folder.cluster, signal.SIGQUIT)
            time.sleep(POLL_SECONDS)
        return self.is_running()

    def _launch(self, folder: Folder) -> int:
        self._account.make_folder(Path(folder.socket))
        named = (
            "listen_addresses=127.0.0.1",
            f"port={folder.port}",
            f"unix_socket_directories={folder.socket}",
            "unix_socket_permissions=0700",
            *self._settings,
        )
        options = [part for setting in named for part in ("-c", setting)]
        command = [str(programs(self._account) / "postgres"), "-D", str(folder.cluster), *options]
        # The shell leaves at once, so that the server is nobody's child and outlives us unless it is stopped.
        shell = ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command]
        self.log.touch(mode=0o600)
        with self.log.open("a") as log:
            started = subprocess.run(  # noqa: S603
                shell,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                check=True,
                **self._account.drop,  # type: ignore[call-overload]
            )
        return int(started.stdout)

    def _initialise(self) -> None:
        folder = folders.read(self.data_dir)
        if folder.cluster.exists():
            return
        home = Path(folder.home)
        if home.parent == accounts.OUTSIDE_HOMES:
            accounts.open_outside()
        else:
            folders.root_of(self.data_dir).chmod(0o711)
        self._account.make_folder(home)
        draft = home / "cluster.new"
        if draft.exists():
            shutil.rmtree(draft)
        self._make_cluster(draft, folder)
        self._make_roles(draft, folder)
        draft.rename(folder.cluster)

    def _make_cluster(self, draft: Path, folder: Folder) -> None:
        password = draft.with_name("password")
        password.touch(mode=0o600)
        password.write_text(folder.superuser_password)
        self._account.own(password)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        login = (f"--username={folders.SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256")
        try:
            self._run("initdb", "-D", str(draft), "--data-checksums", *login, *locale)
        finally:
            password.unlink()

    def _make_roles(self, draft: Path, folder: Folder) -> None:
        statements = (
            f"CREATE ROLE {folders.OWNER} LOGIN CREATEDB PASSWORD '{folder.owner_password}'",
            f"CREATE ROLE {folders.APPLICATION} LOGIN PASSWORD '{folder.application_password}'",
            f"CREATE DATABASE {folders.DATABASE} OWNER {folders.OWNER}",
            f"REVOKE ALL ON DATABASE {folders.DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {folders.DATABASE} TO {folders.APPLICATION}",
        )
        self._run("postgres", "--single", "-j", "-D", str(draft), "postgres", stdin=";\n\n".join((*statements, "")))

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(  # noqa: S603
            [str(programs(self._account) / program), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            check=False,
            **self._account.drop,  # type: ignore[call-overload]
        )
        if done.returncode or "ERROR" in done.stderr:
            raise DatabaseUnavailable(f"{program} failed:\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _accepts(folder: Folder) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{folder.socket}/.s.PGSQL.{folder.port}")
        except OSError:
            return False
    return True


def _lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _status(cluster: Path) -> str:
    lines = _lines(cluster)
    return lines[7].strip() if len(lines) > 7 else ""


def _pid(cluster: Path) -> int | None:
    lines = _lines(cluster)
    return int(lines[0]) if lines else None


def _is_alive(pid: int, cluster: Path) -> bool:
    """Whether `pid` is the server of `cluster`: not a zombie, and not another process that got the number since."""
    try:
        os.kill(pid, 0)
        return not Path("/proc/self").exists() or str(cluster).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (ProcessLookupError, PermissionError, FileNotFoundError):
        return False


def _forget_the_dead(cluster: Path) -> None:
    # PostgreSQL takes any living process with the remembered number for its predecessor, a zombie included.
    pid = _pid(cluster)
    if pid is not None and not _is_alive(pid, cluster):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _end(pid: int, cluster: Path, by: signal.Signals) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, by)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_alive(pid, cluster):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
