"""One digest over every row of every governed table: what a refused attempt must leave as it was."""

from __future__ import annotations

import functools

from django.apps import apps
from django.db import connection


class Watched:
    """Tells which tables an attempt leaves other than they were: with `rows`, as `footprint` returned them."""

    def __init__(self, rows: dict[str, str]) -> None:
        self._rows, self._written = rows, _written()

    def changed(self) -> list[str]:
        """Return the names of the tables that are other by now. They are not read where nothing was ever written."""
        if _written() == self._written:
            return []
        after = footprint()
        return [table for table in self._rows if self._rows[table] != after[table]]


def footprint() -> dict[str, str]:
    """Return, for each table of the domain, the log and the mirror, its number of rows and a digest over them."""
    with connection.cursor() as cursor:
        cursor.execute(_statement())
        return {table: f"{rows} rows, {digest}" for table, rows, digest in cursor.fetchall()}


def _written() -> int:
    """Return how many rows this transaction has written, those of savepoints that were taken back included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])


@functools.cache
def _statement() -> str:
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), ''))"
        f' FROM "{table}" t'
        for table in _tables()
    )


def _tables() -> list[str]:
    return sorted(
        model._meta.db_table
        for config in apps.get_app_configs()
        if config.name.startswith(("governance.", "lineage"))
        for model in config.get_models(include_auto_created=True)
    )
