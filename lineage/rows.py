"""Writing many rows with one statement, and only those that differ: PostgreSQL reads them out of one JSON text,
compares them with what it holds, and rewrites nothing that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import Model

UPSERT = """
INSERT INTO "{table}" ({columns})
SELECT {said} FROM json_populate_recordset(NULL::"{table}", %s::json) AS said
  LEFT JOIN "{table}" AS known ON {same}
 WHERE known.id IS NULL OR ROW({known_compared}) IS DISTINCT FROM ROW({said_compared})
ON CONFLICT ({key}) DO UPDATE SET {changes}
"""
RUN_INPUTS = """
INSERT INTO lineage_runinput (run_id, dataset_id, context)
SELECT run.id, dataset.id, said.context
  FROM json_to_recordset(%s::json) AS said(run text, dataset text, context text)
  JOIN lineage_run run ON run.server_id = %s AND run.run_id = said.run
  JOIN lineage_dataset dataset ON dataset.server_id = run.server_id AND dataset.fingerprint = said.dataset
ON CONFLICT DO NOTHING
"""
RUN_MODELS = """
INSERT INTO lineage_runmodel (run_id, logged_model_id, role)
SELECT run.id, logged.id, said.role
  FROM json_to_recordset(%s::json) AS said(run text, model text, role text)
  JOIN lineage_run run ON run.server_id = %s AND run.run_id = said.run
  JOIN lineage_loggedmodel logged ON logged.server_id = run.server_id AND logged.model_id = said.model
ON CONFLICT DO NOTHING
"""
VERSION_USES = """
INSERT INTO lineage_versionuse (run_id, logged_model_id, version_id, role)
SELECT run.id, logged.id, version.id, said.role
  FROM json_to_recordset(%s::json) AS said(run text, logged text, name text, number text, role text)
  JOIN lineage_registeredmodel model ON model.server_id = %s AND model.name = said.name AND model.vanished_at IS NULL
  JOIN lineage_modelversion version ON version.registered_model_id = model.id AND version.version = said.number
   AND version.vanished_at IS NULL AND version.is_prompt = (said.role = 'prompt')
  LEFT JOIN lineage_run run ON run.server_id = model.server_id AND run.run_id = said.run
  LEFT JOIN lineage_loggedmodel logged ON logged.server_id = model.server_id AND logged.model_id = said.logged
 WHERE run.id IS NOT NULL OR logged.id IS NOT NULL
ON CONFLICT DO NOTHING
"""


def upsert(
    kind: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    first: Sequence[str],
    reset: Sequence[str],
) -> None:
    """Insert `rows` (by column, all of the same columns) or change those with the same `key` that say something else.

    Columns `first` keep what the row began with; columns `reset` are written when another one differs.
    """
    if not rows:
        return
    columns = list(rows[0])
    compared = [column for column in columns if column not in {*key, *first, *reset}]
    statement = UPSERT.format(
        table=kind._meta.db_table,
        columns=_listed("", columns),
        said=_listed("said.", columns),
        same=" AND ".join(f'known."{column}" = said."{column}"' for column in key),
        known_compared=_listed("known.", compared),
        said_compared=_listed("said.", compared),
        key=_listed("", key),
        changes=", ".join(f'"{column}" = excluded."{column}"' for column in (*compared, *reset)),
    )
    _run(statement, [orjson.dumps(rows).decode()])


def link(statement: str, rows: Sequence[Mapping[str, str | None]], *, server: int) -> None:
    """Run RUN_INPUTS, RUN_MODELS or VERSION_USES: join what the ids in `rows` name, as far as both have rows."""
    if rows:
        _run(statement, [orjson.dumps(rows).decode(), server])


def _run(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _listed(prefix: str, columns: Sequence[str]) -> str:
    return ", ".join(f'{prefix}"{column}"' for column in columns)
