"""The folder of an embedded server: passwords, port and places, made once and remembered.

Nothing here starts a server, so settings can name the database before it exists.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from config.embedded import account as accounts

DATABASE = "edgewise"
OWNER = "edgewise_owner"
APPLICATION = "edgewise_app"
SUPERUSER = "postgres"
PORTS = range(20_000, 32_000)
"""Below the ports that systems hand to outgoing connections, so that none of those takes ours by chance."""
LONGEST_SOCKET_PATH = 107
"""`sun_path` of unix(7) without its closing zero byte."""


class DatabaseUnavailable(Exception):
    """The embedded server cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Connection URLs of the application's role and of the owner (migrations only)."""

    application: str
    owner: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What `server.json` in DATA_DIR/postgres holds; `home` is the account's, `socket` is where it listens."""

    port: int
    superuser_password: str
    owner_password: str
    application_password: str
    home: str
    socket: str

    @property
    def cluster(self) -> Path:
        """The data directory of PostgreSQL."""
        return Path(self.home) / "cluster"

    def urls(self) -> Urls:
        """The connection URLs, over loopback."""
        place = f"127.0.0.1:{self.port}/{DATABASE}"
        return Urls(
            application=f"postgres://{APPLICATION}:{self.application_password}@{place}",
            owner=f"postgres://{OWNER}:{self.owner_password}@{place}",
        )


def default_data_dir() -> Path:
    """Return EDGEWISE_DATA_DIR, or `var` beside the code."""
    named = os.environ.get("EDGEWISE_DATA_DIR", "")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2] / "var"


def database_urls(data_dir: Path) -> Urls:
    """Return the URLs of the server of `data_dir`, deciding on port and passwords at the first call.

    Starts nothing. Of several processes that come first at once, all get the same answer.
    """
    return read(data_dir).urls()


def root_of(data_dir: Path) -> Path:
    """Return the folder that holds everything about the server of `data_dir`, its log and locks included."""
    return data_dir.resolve() / "postgres"


def read(data_dir: Path) -> Folder:
    """Return what is remembered of the server of `data_dir`, made now when there is nothing yet."""
    path = root_of(data_dir) / "server.json"
    if not path.exists():
        _write_first(path, _new(path.parent))
    try:
        return Folder(**json.loads(path.read_text()))
    except PermissionError as error:
        raise DatabaseUnavailable(f"{path} belongs to another user. Run as that user, or set DATABASE_URL.") from error
    except (ValueError, TypeError) as error:
        raise DatabaseUnavailable(f"{path} is damaged. Restore it from a backup: it holds the passwords.") from error


def move_port(data_dir: Path) -> Folder:
    """Remember another free port, because the old one is taken."""
    path = root_of(data_dir) / "server.json"
    moved = replace(read(data_dir), port=free_port())
    os.replace(_write_beside(path, moved), path)
    return moved


def free_port(ports: range = PORTS) -> int:
    """Return a port of `ports` on which nobody listens on loopback; raise DatabaseUnavailable when all are taken."""
    for _ in range(200):
        port = secrets.choice(ports)
        if is_free(port):
            return port
    raise DatabaseUnavailable(f"No free port on 127.0.0.1 between {ports.start} and {ports.stop}.")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _new(root: Path) -> Folder:
    root.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(4)
    reachable = accounts.can_reach(accounts.current(), root)
    home = root / "server" if reachable else accounts.OUTSIDE_HOMES / name
    too_long = len(f"{home}/.s.PGSQL.{PORTS.stop}") > LONGEST_SOCKET_PATH
    return Folder(
        port=free_port(),
        superuser_password=secrets.token_urlsafe(24),
        owner_password=secrets.token_urlsafe(24),
        application_password=secrets.token_urlsafe(24),
        home=str(home),
        socket=str(Path(tempfile.gettempdir()) / f"edgewise-{name}") if too_long else str(home),
    )


def _write_first(path: Path, folder: Folder) -> None:
    draft = _write_beside(path, folder)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _write_beside(path: Path, folder: Folder) -> Path:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".server-", suffix=".json")
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(folder), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return Path(draft)
