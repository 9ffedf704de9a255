"""Per-case tables and the runs that hold them, for any counts one likes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from lineage.snapshots import RunSnapshot

HEALTH = {
    "excellent-health": "excellent",
    "good-health": "good",
    "fair-health": "fair",
    "poor-health": "poor",
    "limited": "poor",
}


def cases(counts: Mapping[str, tuple[int, int]], *, metric: str = "recall", first: int = 0) -> list[list[object]]:
    """Return rows of the per-case table: for each group, `(successes, n)` cases. Limited people are cases of their
    own."""
    rows: list[list[object]] = []
    for group, (successes, n) in counts.items():
        limited = "yes" if group == "limited" else "no"
        health = "other" if group == "limited" else HEALTH[group]
        for index in range(n):
            case_id = f"{metric}-{first + len(rows)}"
            rows.append([case_id, metric, 1 if index < successes else 0, "*", health, limited])
    return rows


def table(rows: list[list[object]]) -> bytes:
    """Return the bytes that `mlflow.log_table` would have written."""
    columns = ["case_id", "metric", "value", "context", "health", "limited"]
    return json.dumps({"columns": columns, "data": rows}).encode()


def run(*, run_id: str, model_id: str, at: datetime, metrics: Mapping[str, str] | None = None) -> RunSnapshot:
    """Return an evaluation run that says it is evidence about `model_id`."""
    return RunSnapshot(
        run_id=run_id,
        experiment_id="1",
        user_id="engineer",
        status="FINISHED",
        start_time=int(at.timestamp() * 1000),
        artifact_uri=f"mlflow-artifacts:/1/{run_id}/artifacts",
        tags={"edgewise.evidence": "response"},
        metrics=dict(metrics or {}),
        model_inputs=(model_id,),
    )


def lines(rows: list[list[object]]) -> bytes:
    """Return the same cases as CSV."""
    header = "case_id,metric,value,context,health,limited"
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode()


SAID = {"level": "response", "evaluator": "", "mapping": "", "form": "", "evaluated_at": "", "model_digest": ""}
"""What comes with an upload where nothing has to be said."""
FILE = lines(cases({"good-health": (40, 50), "poor-health": (45, 50), "limited": (30, 30)}))
"""A file that anybody could upload."""

EDGE_CASES = """
key: who-waits
title: Who waits for whom
split: held-out
cases:
  - id: two-calls
    situation: Two people call at once; one is louder, the other sicker.
    perspectives:
      - {group: poor-health, view: Whoever is sicker is called first.}
      - {group: good-health, view: Whoever called first is called first.}
    happened: The louder one was called.
    ruling: Need goes before order, and whoever waits is told why.
"""
