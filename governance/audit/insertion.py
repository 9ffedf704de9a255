"""The statement that every audited action pays for: sent once, and prepared once for each connection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from governance.audit.entry import Sealed

Row = tuple[str, str, str, str, datetime, bytes]
"""Subject, system, type, actor, at, entry."""

_LEAF = "INSERT INTO audit_leaf (subject, system, type, actor, at, entry) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id"
_LEAF_AND_SEALED = f"""
    WITH leaf AS ({_LEAF})
    INSERT INTO audit_sealedfield (leaf_id, name, salt, value)
    SELECT leaf.id, field.* FROM leaf, unnest(%s::text[], %s::bytea[], %s::bytea[]) AS field
    RETURNING leaf_id
"""  # noqa: S608  (both parts are constants)

ONLY_ON_REQUEST = 2**31 - 1
"""A threshold of use that no other statement reaches, so that none but ours is prepared."""

_cursors: WeakKeyDictionary[BaseDatabaseWrapper, psycopg.Cursor[Any]] = WeakKeyDictionary()


def insert(row: Row) -> int:
    """Insert one leaf in the open transaction of this thread's connection; return its id."""
    return _execute(_LEAF, row)


def insert_with_sealed(row: Row, sealed: Sequence[Sealed]) -> int:
    """Insert one leaf and its confidential values, in the same statement; return the leaf's id."""
    columns = ([f.name for f in sealed], [f.salt for f in sealed], [f.value for f in sealed])
    return _execute(_LEAF_AND_SEALED, row + columns)


def _execute(statement: str, parameters: tuple[Any, ...]) -> int:
    wrapper = connections[DEFAULT_DB_ALIAS]
    if _is_watched(wrapper):
        with wrapper.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.fetchone()[0])
    with wrapper.wrap_database_errors:
        [(leaf_id,), *_] = _cursor(wrapper).execute(statement, parameters, prepare=True).fetchall()
    return int(leaf_id)


def _is_watched(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether somebody counts or wraps queries, or a pooler between us and the server forbids prepared statements."""
    pooled = wrapper.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
    return bool(wrapper.queries_logged or wrapper.execute_wrappers or pooled)


def _cursor(wrapper: BaseDatabaseWrapper) -> psycopg.Cursor[Any]:
    """Return a cursor that is kept for the connection: making one costs as much as the rest of the call."""
    cursor = _cursors.get(wrapper)
    if cursor is None or cursor.connection is not wrapper.connection:
        cursor = _cursors[wrapper] = psycopg.Cursor(wrapper.connection)
        if cursor.connection.prepare_threshold is None:  # Django's default, under which psycopg prepares nothing
            cursor.connection.prepare_threshold = ONLY_ON_REQUEST
    return cursor
