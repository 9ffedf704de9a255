"""One digest over every row of every governed table: what a refused attempt must leave as it was."""

from __future__ import annotations

from django.apps import apps
from django.db import connection


def footprint() -> dict[str, str]:
    """Return, for each table of the domain, the log and the mirror, its number of rows and a digest over them."""
    with connection.cursor() as cursor:
        cursor.execute(_statement())
        return {table: f"{rows} rows, {digest}" for table, rows, digest in cursor.fetchall()}


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
