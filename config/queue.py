"""The queue inside PostgreSQL: the SQL of pgmq, installed by the owner without an extension."""

from __future__ import annotations

import psycopg
from psycopg import sql

SCHEMA = "pgmq"


def install(owner: str, *, application: str) -> None:
    """Give the database its queue's schema, and let the role `application` make and use queues in it.

    `owner` is a connection string of the database's owner.
    Safe to repeat. Another version of the schema is replaced with all waiting messages: everything that must happen
    has a row of its own, from which it is sent again. Raise psycopg.Error when the owner lacks the rights.
    """
    with psycopg.connect(owner) as connection:
        if not _is_extension(connection):
            _install_sql(connection)
        _grant(connection, application)


def _grant(connection: psycopg.Connection, application: str) -> None:
    """Queues that the application made are its own already; only what the owner made needs a grant."""
    role = sql.Identifier(application)
    connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA pgmq TO {}").format(role))
    ours = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tableowner = current_user"
    for (name,) in connection.execute(ours, [SCHEMA]).fetchall():
        table = sql.Identifier(SCHEMA, name)
        connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(table, role))


def _is_extension(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'pgmq'").fetchone() is not None


def _install_sql(connection: psycopg.Connection) -> None:
    from pgmq.install import get_embedded_install_sql, get_embedded_sql_version

    mark = f"pgmq {get_embedded_sql_version()}, as installed by Edgewise"
    found = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [SCHEMA]
    ).fetchone()
    if found == (mark,):
        return
    if found:
        connection.execute("DROP SCHEMA pgmq CASCADE")
    connection.execute(get_embedded_install_sql())
    connection.execute(sql.SQL("COMMENT ON SCHEMA pgmq IS {}").format(sql.Literal(mark)))
