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


def frozen_columns(table: str, columns: Sequence[str], *, unless: str) -> RunSQL:
    """Refuse changes of `columns` on `table` except while the old row satisfies the SQL condition `unless`."""
    changed = " OR ".join(f'NEW."{c}" IS DISTINCT FROM OLD."{c}"' for c in columns)
    return RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION {table}_check_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF ({changed}) AND NOT ({unless}) THEN
                RAISE EXCEPTION 'This part of % is frozen since it was agreed.', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER {table}_frozen BEFORE UPDATE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION {table}_check_frozen();
        ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {table}_frozen;
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
