"""One at a time, whichever process runs it: a synchronisation of a server, or something else that has a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from lineage.errors import SynchronisationRunning
from lineage.models import TrackingServer

SPACE = 0x6C696E  # the first word of our advisory locks, so that other features' numbers cannot collide


@contextmanager
def only_one(server: TrackingServer) -> Iterator[None]:
    """Hold the advisory lock of `server`; PostgreSQL frees it when this process dies. Raises SynchronisationRunning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, server.pk])
        if cursor.fetchone() != (True,):
            raise SynchronisationRunning(f"Another synchronisation of {server.key} is at work. Wait until it is done.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, server.pk])


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold the advisory lock `name`, and say whether nobody else does; PostgreSQL frees it when this process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, %s))", [name, SPACE])
        is_free = cursor.fetchone() == (True,)
    try:
        yield is_free
    finally:
        if is_free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, %s))", [name, SPACE])
