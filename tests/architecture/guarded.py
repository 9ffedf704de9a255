"""Which tables the migrations declare as records, and as never emptied."""

from __future__ import annotations

import re
from functools import cache

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

OWN = ("governance.", "lineage")


@cache
def declared(guard: str) -> tuple[str, ...]:
    """Return the tables on which a migration puts the trigger TABLE_`guard`."""
    migrations = MigrationLoader(None).disk_migrations.values()
    statements = [
        str(operation.sql)
        for migration in migrations
        for operation in migration.operations
        if isinstance(operation, RunSQL)
    ]
    found = re.findall(rf"TRIGGER (\w+)_{guard} BEFORE (?:UPDATE OR )?DELETE", "\n".join(statements))
    return tuple(sorted(set(found)))


@cache
def tables() -> dict[str, type[models.Model]]:
    """Return each table of the domain and of the mirror → its model, tables between two others included."""
    return {
        model._meta.db_table: model
        for config in apps.get_app_configs()
        if config.name.startswith(OWN)
        for model in config.get_models(include_auto_created=True)
    }


def changes(table: str) -> tuple[str, str, str]:
    """Return an UPDATE, a DELETE and a TRUNCATE of `table` that are otherwise in order."""
    column = tables()[table]._meta.concrete_fields[-1].column
    return f'UPDATE "{table}" SET "{column}" = "{column}"', f'DELETE FROM "{table}"', f'TRUNCATE "{table}" CASCADE'
