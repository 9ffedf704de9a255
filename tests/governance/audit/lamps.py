"""An event of no meaning, and quick ways to write many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg
from django.db import transaction

from config.embedded.folder import SUPERUSER, read
from governance.audit import services
from governance.audit.event import Event, sealed
from tests import database

AT = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    type: ClassVar[str] = "tests.lamp.lit"
    watts: int = 5
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class LampPutOut(Event):
    type: ClassVar[str] = "tests.lamp.put-out"


def light(count: int, *, subject: str = "lamp") -> list[int]:
    """Record `count` events in one transaction; return the leaves' ids."""
    with transaction.atomic():
        return [
            services.record(event=LampLit(subject=subject, reason="dark", watts=i), actor="ann", system="house", at=AT)
            for i in range(count)
        ]


@contextmanager
def superuser(place: database.TestDatabase) -> Iterator[psycopg.Cursor]:
    """A cursor of one who may do everything in the test's database, its triggers off."""
    login = {"user": SUPERUSER, "password": read(database.SERVER).superuser_password}
    url = urlsplit(place.urls.owner)
    where = {"host": url.hostname, "port": url.port, "dbname": place.name}
    with psycopg.connect(**where, **login) as connection, connection.cursor() as cursor:
        yield cursor


def without_triggers(cursor: psycopg.Cursor, table: str, statement: str) -> None:
    """Change what is a record, as only a superuser or owner can."""
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(statement)
    cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
