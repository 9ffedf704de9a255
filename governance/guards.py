"""Migration operations that make the database itself refuse what must never happen.

Each app's migrations use them beside its tables; the mechanism is written down once, here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db.migrations.operations import RunSQL


def grant_application() -> RunSQL:
    """Let the application's role read and write the tables that the owner makes, now and later."""
    role = settings.DATABASE_APPLICATION_ROLE
    rights = "SELECT, INSERT, UPDATE, DELETE"
    return RunSQL(
        f"""
        GRANT USAGE ON SCHEMA public TO "{role}";
        GRANT {rights} ON ALL TABLES IN SCHEMA public TO "{role}";
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}";
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO "{role}";
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO "{role}";
        CREATE FUNCTION edgewise_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'Rows of % are a record: they can be neither changed nor removed.', TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$;
        """,
        reverse_sql=RunSQL.noop,
    )


def append_only(table: str, *, columns: Sequence[str]) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on `table` to everybody, its owner included, and let the application's
    role insert only `columns` (what the database fills, such as an identity, cannot be forged)."""
    return RunSQL(append_only_sql(table, columns=columns), reverse_sql=RunSQL.noop)


def append_only_sql(table: str, *, columns: Sequence[str]) -> str:
    """Return the statements of `append_only`."""
    role = settings.DATABASE_APPLICATION_ROLE
    listed = ", ".join(f'"{column}"' for column in columns)
    return f"""
        REVOKE ALL ON "{table}" FROM "{role}";
        GRANT SELECT, INSERT ({listed}) ON "{table}" TO "{role}";
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
            FOR EACH STATEMENT EXECUTE FUNCTION edgewise_refuse_change();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_append_only;
        """


def also_inserted(table: str, *, columns: Sequence[str]) -> RunSQL:
    """Let the application's role insert more `columns` into an append-only `table`, which got them later."""
    listed = ", ".join(f'"{column}"' for column in columns)
    sql = f'GRANT INSERT ({listed}) ON "{table}" TO "{settings.DATABASE_APPLICATION_ROLE}";'
    return RunSQL(sql, reverse_sql=RunSQL.noop)


def never_deleted(table: str) -> RunSQL:
    """Refuse DELETE and TRUNCATE on `table` to everybody; its rows may change as their states allow."""
    role = settings.DATABASE_APPLICATION_ROLE
    return RunSQL(
        f"""
        REVOKE DELETE, TRUNCATE ON "{table}" FROM "{role}";
        CREATE TRIGGER {table}_never_deleted BEFORE DELETE OR TRUNCATE ON "{table}"
            FOR EACH STATEMENT EXECUTE FUNCTION edgewise_refuse_change();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_never_deleted;
        """,
        reverse_sql=RunSQL.noop,
    )


def transitions(table: str, allowed: Mapping[str, Sequence[str]], *, column: str = "state") -> RunSQL:
    """Refuse every change of `column` on `table` that `allowed` (an app's TRANSITIONS) does not list."""
    pairs = ", ".join(f"('{old}', '{new}')" for old, news in allowed.items() for new in news) or "(NULL, NULL)"
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {table}_check_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW."{column}" IS DISTINCT FROM OLD."{column}"
               AND (OLD."{column}"::text, NEW."{column}"::text) NOT IN ({pairs}) THEN
                RAISE EXCEPTION '% cannot go from % to %.', TG_TABLE_NAME, OLD."{column}", NEW."{column}"
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER {table}_transitions BEFORE UPDATE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION {table}_check_{column}();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_transitions;
        """,
        reverse_sql=RunSQL.noop,
    )


def frozen_columns(table: str, columns: Sequence[str], *, unless: str = "FALSE", name: str = "frozen") -> RunSQL:
    """Refuse changes of `columns` on `table` except where the OLD and NEW row satisfy the SQL condition `unless`.

    `name` tells several such rules on one table apart.
    """
    changed = " OR ".join(f'NEW."{c}" IS DISTINCT FROM OLD."{c}"' for c in columns)
    return _before_update(
        table,
        name=name,
        refuse_if=f"({changed}) AND NOT ({unless})",
        sentence="This part of % is frozen since it was agreed.",
    )


def filled_once(table: str, columns: Sequence[str]) -> RunSQL:
    """Refuse changes of `columns` on `table` that are not from nothing (NULL or an empty text) to a value."""
    empty = "COALESCE(OLD.\"{0}\"::text, '') = ''"
    refilled = " OR ".join(f'(NEW."{c}" IS DISTINCT FROM OLD."{c}" AND NOT {empty.format(c)})' for c in columns)
    return _before_update(
        table, name="filled_once", refuse_if=refilled, sentence="This part of % is filled once, and has been."
    )


def leaves_only_with(table: str, *, state: str, beside: str, key: str) -> RunSQL:
    """Refuse to commit a row of `table` outside `state` that has no row of the same state in `beside`, whose `key`
    points to it: what ends says why, in the same transaction."""
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {table}_check_{beside}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.state <> '{state}'
               AND NOT EXISTS (SELECT 1 FROM "{beside}" WHERE "{key}" = NEW.id AND state = NEW.state) THEN
                RAISE EXCEPTION '% cannot be % without a row that says why.', TG_TABLE_NAME, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER {table}_says_why AFTER INSERT OR UPDATE ON "{table}"
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {table}_check_{beside}();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_says_why;
        """,
        reverse_sql=RunSQL.noop,
    )


def _before_update(table: str, *, name: str, refuse_if: str, sentence: str) -> RunSQL:
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {table}_check_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {refuse_if} THEN
                RAISE EXCEPTION '{sentence}', TG_TABLE_NAME USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER {table}_{name} BEFORE UPDATE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION {table}_check_{name}();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_{name};
        """,
        reverse_sql=RunSQL.noop,
    )


def insert_while(table: str, *, parent: str, key: str, states: Sequence[str]) -> RunSQL:
    """Refuse new rows in `table` unless the `parent` row that `key` points to is in one of `states`."""
    listed = ", ".join(f"'{state}'" for state in states)
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {table}_check_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM "{parent}" WHERE id = NEW."{key}" AND state IN ({listed})) THEN
                RAISE EXCEPTION '% takes new rows only while it is {", ".join(states)}.', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER {table}_insert_while BEFORE INSERT ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION {table}_check_insert();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_insert_while;
        """,
        reverse_sql=RunSQL.noop,
    )
