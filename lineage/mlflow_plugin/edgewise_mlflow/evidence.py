"""What a training script tells Edgewise in MLflow: evidence case by case, and what training aimed at.

One call each, in the shape that Edgewise reads. What it would refuse is refused here before anything is logged, as far
as the table, the run and the model show it; what only the specification says, the site says.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewise_mlflow import objective
from edgewise_mlflow.cases import NUMBER, Unusable, checked, kind_of, means

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Unusable", "log_evidence", "log_learned_policy", "log_scalarised"]

LEVEL_TAG, TABLE_TAG, OBJECTIVE_TAG = "edgewise.evidence", "edgewise.table", "edgewise.objective"
FOLDER, JSON_TABLE, PARQUET_TABLE = "edgewise", "edgewise/cases.json", "edgewise/cases.parquet"
JSON_ROWS, JSON_CHARACTERS = 100_000, 16 * 1024 * 1024
"""Up to where a table is JSON, which MLflow's own pages show."""
MOST_BYTES = 512 * 1024 * 1024
"""Bytes of a table that Edgewise reads from a run."""
MOST_OF_A_TAG = 8_000
"""Characters of a tag that MLflow keeps; it cuts the rest off with no more than a warning."""
CONTEXT_TAG, TRAINING = "mlflow.data.context", "train"


def log_evidence(
    cases: pd.DataFrame | Iterable[Mapping[str, Any]],
    *,
    model_id: str,
    level: str,
    dataset: Any = None,
    proportions: Collection[str] = (),
    run_id: str = "",
) -> str:
    """Make a run evidence about the logged model `model_id`; return the run's id.

    `cases` has a row for each case and metric: case_id, metric, value (0 or 1 for a proportion, else a number), context
    (a deployment context's key, or * for all), and attributes by which groups are chosen. `level` is model, response,
    interaction or deployment; `dataset` an `mlflow.data` dataset that was evaluated on; `proportions` the metrics whose
    values must be 0 or 1; `run_id` the run, by default the active one, in the model's experiment. The mean of each
    metric is logged too, as the run's claim; the tag that makes the run evidence comes last. Raises Unusable.
    """
    import mlflow
    from mlflow.entities import LoggedModelInput

    table = checked(cases, level=level, proportions=proportions)
    about = _run(run_id)
    client = mlflow.MlflowClient()
    data = [] if dataset is None else [_input(dataset)]
    _check_run(client, client.get_run(about), model_id=model_id, data=data)
    with tempfile.TemporaryDirectory() as folder:
        file = None if _is_whole_as_json(table) else _parquet(table, Path(folder))
        client.log_inputs(about, models=[LoggedModelInput(model_id)], datasets=data or None)
        for metric, mean in means(table).items():
            client.log_metric(about, metric, mean)
        if file is None:
            client.log_table(about, table, JSON_TABLE)
        else:
            client.log_artifact(about, str(file), FOLDER)
            client.set_tag(about, TABLE_TAG, PARQUET_TABLE)
    client.set_tag(about, LEVEL_TAG, level)
    return about


def log_scalarised(terms: Mapping[str, float], *, specification: str = "", run_id: str = "") -> None:
    """Say of a training run that it optimised one number: each of `terms`, a value's name, times a fixed factor.

    `specification` is the version it aimed at. Raises Unusable for no terms, or a factor that is no number.
    """
    _log_objective(objective.scalarised(terms), specification=specification, run_id=run_id)


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
    said = objective.learned_policy(policy, digest=digest, observed=observed)
    _log_objective(said, specification=specification, run_id=run_id)


def _log_objective(said: dict[str, Any], *, specification: str, run_id: str) -> None:
    import mlflow

    text = json.dumps(said | ({"specification": specification} if specification else {}), ensure_ascii=False)
    if len(text) > MOST_OF_A_TAG:
        raise Unusable([f"objective: {len(text)} characters; MLflow keeps {MOST_OF_A_TAG} of a tag. Name less."])
    run = _run(run_id)
    mlflow.MlflowClient().set_tag(run, OBJECTIVE_TAG, text)


def _run(run_id: str) -> str:
    import mlflow

    active = mlflow.active_run()
    if not run_id and active is None:
        raise Unusable(["run: none is active. Call this inside `with mlflow.start_run():`, or give run_id."])
    return run_id or str(active.info.run_id)


def _input(dataset: Any) -> Any:
    from mlflow.data.dataset import Dataset
    from mlflow.entities import DatasetInput, InputTag

    if not isinstance(dataset, Dataset):
        raise Unusable([f"dataset: this is a {type(dataset).__name__}. Make it one with mlflow.data.from_pandas."])
    return DatasetInput(dataset._to_mlflow_entity(), tags=[InputTag(CONTEXT_TAG, "eval")])


def _check_run(client: Any, run: Any, *, model_id: str, data: list[Any]) -> None:
    """Raise Unusable for a run that Edgewise would not find, that holds a table already, or whose data the model has
    seen."""
    model = client.get_logged_model(model_id)
    where = f"run {run.info.run_id}"
    problems = []
    if run.info.experiment_id != model.experiment_id:
        what = f"it lies in experiment {run.info.experiment_id}, and the model in {model.experiment_id}"
        problems.append(f"{where}: {what}, where alone Edgewise looks. Start the run there.")
    if client.list_artifacts(run.info.run_id, FOLDER):
        problems.append(f"{where}: it has a table already. Start a run for each evaluation.")
    trained = client.get_run(model.source_run_id).inputs.dataset_inputs if model.source_run_id else []
    seen = {
        (used.dataset.name, used.dataset.digest)
        for used in trained
        if any(tag.key == CONTEXT_TAG and tag.value.lower().startswith(TRAINING) for tag in used.tags)
    }
    problems += [
        f"dataset {used.dataset.name}: the model was trained on it. Evaluate on data that it has not seen."
        for used in data
        if (used.dataset.name, used.dataset.digest) in seen
    ]
    if problems:
        raise Unusable(problems)


def _is_whole_as_json(table: pd.DataFrame) -> bool:
    """Whether MLflow's JSON holds a table: it keeps ten places behind the point, and has to be in memory as a whole."""
    if len(table) > JSON_ROWS or len(table.to_json(orient="split", index=False)) > JSON_CHARACTERS:
        return False
    return all(_is_exact(table[name]) for name in table if kind_of(table[name]) == NUMBER)


def _is_exact(column: pd.Series[Any]) -> bool:
    import pandas as pd

    written = json.loads(column.to_json(orient="values"))
    return all(a == b or (a is None and pd.isna(b)) for a, b in zip(written, column.tolist(), strict=True))


def _parquet(table: pd.DataFrame, folder: Path) -> Path:
    file = folder / Path(PARQUET_TABLE).name
    table.to_parquet(file, index=False)
    if (size := file.stat().st_size) > MOST_BYTES:
        raise Unusable([f"cases: {size} bytes; the most of a run is {MOST_BYTES}. Send them as a file, or split them."])
    return file
