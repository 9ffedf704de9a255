"""The tests' database: one throwaway server, one migrated template for each set of migrations, a clone per process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config import embedded, schema
from config.embedded.folder import OWNER, SUPERUSER, read

ROOT = Path(__file__).resolve().parent.parent
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30
KEPT_TEMPLATES = 4


def _place() -> Path:
    """Return where the server's files are: in memory where there is room, since a test that commits gets a fresh copy
    of four hundred files; it is this user's and this checkout's own, and kept for the next run until the machine starts
    anew."""
    named = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    place = MEMORY / f"edgewise-test-{os.getuid()}-{named}"
    try:
        if shutil.disk_usage(MEMORY).free < ROOM:
            return ROOT / "var" / "test"
        place.mkdir(mode=0o711, exist_ok=True)
    except OSError:
        return ROOT / "var" / "test"
    is_ours = not place.is_symlink() and place.stat().st_uid == os.getuid()
    return place if is_ours else ROOT / "var" / "test"


SERVER = _place()


@dataclass(frozen=True)
class TestDatabase:
    """A pristine copy of the migrated template, for one process of one test run."""

    __test__ = False
    name: str
    template: str

    @property
    def urls(self) -> embedded.Urls:
        """Connection URLs of this database."""
        urls = embedded.database_urls(SERVER)
        return embedded.Urls(application=_renamed(urls.application, self.name), owner=_renamed(urls.owner, self.name))

    def restore(self, other: TestDatabase | None = None) -> None:
        """Put the pristine copy back, or a copy of the `other` one, whoever is still connected."""
        with administration() as cursor:
            _drop(cursor, self.name)
            _copy(cursor, self.name, other.name if other else self.template)

    def drop(self) -> None:
        """Remove the copy."""
        with administration() as cursor:
            _drop(cursor, self.name)


def clone(name: str) -> TestDatabase:
    """Return a fresh database; `name` must be the process's own, and hold its process id: `test_PID_…`."""
    database = TestDatabase(name=name, template=_template())
    database.restore()
    return database


@contextmanager
def administration() -> Iterator[psycopg.Cursor]:
    """A cursor of the server's superuser, in autocommit: only it may end other roles' connections."""
    folder = read(SERVER)
    place = {"host": "127.0.0.1", "port": folder.port, "dbname": "postgres"}
    login = {"user": SUPERUSER, "password": folder.superuser_password}
    with psycopg.connect(**place, **login, autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


def _template() -> str:
    name = f"template_{schema.fingerprint()}"
    with (SERVER / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with administration() as cursor:
            _tidy(cursor)
            if cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                draft = f"{name}_draft"
                _drop(cursor, draft)
                _copy(cursor, draft, "template0")
                _migrate(draft)
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                cursor.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def _migrate(name: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    owner = connections["owner"]
    point_at(owner.settings_dict, embedded.database_urls(SERVER).owner, name)
    try:
        call_command("prepare_database", verbosity=0)
    finally:
        owner.close()


def point_at(settings: dict[str, object], url: str, name: str) -> None:
    """Let a connection's `settings` lead to the database `name` of the server of `url`."""
    settings["NAME"] = name
    settings["PORT"] = urlsplit(url).port


def _tidy(cursor: psycopg.Cursor) -> None:
    """Drop the copies of processes that are gone, and all but the newest templates."""
    names = [row[0] for row in cursor.execute("SELECT datname FROM pg_database ORDER BY oid").fetchall()]
    templates = [name for name in names if name.startswith("template_") and not name.endswith("_draft")]
    orphans = [name for name in names if name.startswith("test_") and not _lives(int(name.split("_")[1]))]
    for name in (*orphans, *templates[:-KEPT_TEMPLATES]):
        _drop(cursor, name)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop(cursor: psycopg.Cursor, name: str) -> None:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _copy(cursor: psycopg.Cursor, name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
    cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)))


def _renamed(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
