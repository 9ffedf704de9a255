"""What a training script tells Edgewise in MLflow: evidence case by case, and what training aimed at.

One call each, in the shape that Edgewise reads; what it would refuse is refused here already, with row and column.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LEVEL_TAG, TABLE_TAG, OBJECTIVE_TAG = "edgewise.evidence", "edgewise.table", "edgewise.objective"
LEVELS = ("model", "response", "interaction", "deployment")
REQUIRED = ("case_id", "metric", "value", "context")
FOLDER, JSON_TABLE, PARQUET_TABLE = "edgewise", "edgewise/cases.json", "edgewise/cases.parquet"
JSON_ROWS = 100_000
"""Rows up to which a table is JSON, which MLflow's own pages show; larger ones are Parquet."""
TELLS_APART = ("case_id", "metric", "context", "rater", "attempt")
MOST_NAMED = 20

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class Unusable(ValueError):
    """Something that Edgewise would refuse; `problems` names each place, and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f"\n… and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
        super().__init__("\n".join(problems[:MOST_NAMED]) + more)
        self.problems = tuple(problems)


def log_evidence(
    cases: pd.DataFrame | Iterable[Mapping[str, Any]],
    *,
    model_id: str,
    level: str,
    dataset: Any = None,
    run_id: str = "",
) -> str:
    """Make a run evidence about the logged model `model_id`; return the run's id.

    `cases` has a row for each case and metric: case_id, metric, value (0 or 1 for a proportion, else a number), context
    (a deployment context's key, or * for all), and attributes by which groups are chosen. `level` is one of LEVELS;
    `dataset` an `mlflow.data` dataset that was evaluated on; `run_id` the run, by default the active one. The mean of
    each metric is logged too, as the run's claim. Raises Unusable.
    """
    import mlflow
    import pandas as pd

    table = pd.DataFrame(cases)
    _check(table, level=level)
    run = _run(run_id)
    client = mlflow.MlflowClient()
    if client.list_artifacts(run, FOLDER):
        raise Unusable([f"run {run}: it has a table already. Start a run for each evaluation."])
    models = [mlflow.entities.LoggedModelInput(model_id)]
    client.log_inputs(run, models=models, datasets=[_input(dataset)] if dataset is not None else None)
    for metric, rows in table.groupby("metric"):
        client.log_metric(run, str(metric), float(rows["value"].astype(float).mean()))
    _log_table(client, run, table)
    client.set_tag(run, LEVEL_TAG, level)
    return run


def log_scalarised(terms: Mapping[str, float], *, specification: str = "", run_id: str = "") -> None:
    """Say of a training run that it optimised one number: each of `terms`, a value's name, times a fixed factor.

    `specification` is the version it aimed at. Raises Unusable for no terms, or a factor that is no number.
    """
    if not terms:
        raise Unusable(["terms: there is none. Name each value with its factor."])
    _log_objective(
        {"kind": "scalarised", "terms": _numbers(terms, "terms")}, specification=specification, run_id=run_id
    )


def log_learned_policy(
    policy: str,
    *,
    digest: str,
    observed: Mapping[str, Mapping[str, Mapping[str, float]]],
    specification: str = "",
    run_id: str = "",
) -> None:
    """Say of a training run that a learned policy chose its factors: `policy` is models:/NAME/VERSION, `digest` that of
    its files, `observed` low, mean and high of the factors that it chose, by context and value. Raises Unusable."""
    seen = {
        context: {value: _numbers(factors, f"observed {context}, {value}") for value, factors in values.items()}
        for context, values in observed.items()
    }
    said = {"kind": "learned-policy", "policy": policy, "digest": digest, "observed": seen}
    _log_objective(said, specification=specification, run_id=run_id)


def _log_objective(said: dict[str, Any], *, specification: str, run_id: str) -> None:
    import mlflow

    about = {"specification": specification} if specification else {}
    mlflow.MlflowClient().set_tag(_run(run_id), OBJECTIVE_TAG, json.dumps(said | about))


def _run(run_id: str) -> str:
    import mlflow

    active = mlflow.active_run()
    if not run_id and active is None:
        raise Unusable(["run: none is active. Call this inside `with mlflow.start_run():`, or give run_id."])
    return run_id or str(active.info.run_id)


def _input(dataset: Any) -> Any:
    from mlflow.entities import DatasetInput, InputTag

    return DatasetInput(dataset._to_mlflow_entity(), tags=[InputTag("mlflow.data.context", "eval")])


def _log_table(client: Any, run: str, table: pd.DataFrame) -> None:
    if len(table) <= JSON_ROWS:
        client.log_table(run, table, JSON_TABLE)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, Path(PARQUET_TABLE).name)
        table.to_parquet(file, index=False)
        client.log_artifact(run, str(file), FOLDER)
    client.set_tag(run, TABLE_TAG, PARQUET_TABLE)


def _check(table: pd.DataFrame, *, level: str) -> None:
    problems = [] if level in LEVELS else [f"level: {level!r}. Use one of {', '.join(LEVELS)}."]
    problems += [f"column {name}: it is missing. Add it." for name in REQUIRED if name not in table.columns]
    odd = [name for name in map(str, table.columns) if not _COLUMN.fullmatch(name)]
    problems += [f"column {name[:64]!r}: this is no name. Use letters, digits, _ and -." for name in odd]
    if not len(table):
        problems = ["cases: there is none. Give a row for each case and metric."]
    if problems:
        raise Unusable(problems)
    for name in ("case_id", "metric", "context"):
        empty = table[name].isna() | (table[name].astype(str) == "")
        problems += [f"row {row}, column {name}: there is no value. Give one." for row in _rows(empty)]
    problems += [
        f"row {row}, column value: {_shown(table['value'].iloc[row])} is not a measurement. Give a finite number, or "
        "leave the case out."
        for row in _rows(~table["value"].map(_is_measured))
    ]
    same = [name for name in TELLS_APART if name in table.columns]
    problems += [
        f"row {row}, column case_id: {_shown(table['case_id'].iloc[row])} was there before with this metric and "
        "context. Keep one row for each."
        for row in _rows(table.duplicated(subset=same))
    ]
    if problems:
        raise Unusable(problems)


def _rows(mask: pd.Series[bool]) -> list[int]:
    return [int(row) for row in mask.to_numpy().nonzero()[0]]


def _is_measured(value: Any) -> bool:
    try:
        return not isinstance(value, str) and math.isfinite(value)
    except TypeError:
        return False


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _numbers(found: Mapping[str, float], where: str) -> dict[str, float]:
    wrong = [name for name, value in found.items() if not _is_measured(value)]
    if wrong:
        raise Unusable([f"{where}, {name}: {found[name]!r} is no finite number." for name in wrong])
    return {name: float(value) for name, value in found.items()}
