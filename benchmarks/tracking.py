"""An MLflow with as many versions as asked, each with a run, a data set and a logged model, put in by MLflow's stores.

Run as `python -m benchmarks.tracking FOLDER VERSIONS` in a process of its own, since MLflow's memory is not ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

VERSIONS_EACH = 25
"""How many versions each registered model has."""


def load(folder: Path, *, versions: int) -> None:
    """Fill the store below `folder`, as `config.processes.tracking` serves it; no version has files."""
    import mlflow
    from mlflow.server.handlers import initialize_backend_stores
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking

    folder.mkdir(parents=True)
    place = f"sqlite:///{folder / 'mlflow.db'}"
    initialize_backend_stores(place, place, "mlflow-artifacts:/")
    mlflow.set_tracking_uri(place)
    tracking, registry = Tracking(place, "mlflow-artifacts:/"), Registry(place)
    experiment = tracking.create_experiment("people")
    for number in range(versions):
        name = f"model-{number // VERSIONS_EACH:05}"
        if number % VERSIONS_EACH == 0:
            registry.create_registered_model(name, description="Who is called first")
        run_id, model_id = _trained(tracking, experiment, number)
        registry.create_model_version(name, f"models:/{model_id}", run_id=run_id)
        if number % VERSIONS_EACH == 1:
            registry.set_registered_model_alias(name, "live", "1")


def _trained(tracking: Any, experiment: str, number: int) -> tuple[str, str]:
    from mlflow.entities import (
        Dataset,
        DatasetInput,
        InputTag,
        LoggedModelOutput,
        LoggedModelStatus,
        Metric,
        Param,
        RunStatus,
        RunTag,
    )

    commit = RunTag("mlflow.source.git.commit", "c0ffee")
    run = tracking.create_run(experiment, "engineer", number + 1, [commit], "train")
    run_id = run.info.run_id
    params = [Param(key, "0.1") for key in ("C", "depth", "rate", "seed")]
    metrics = [Metric(key, number / 7, number + 1, 0) for key in ("recall", "specificity", "loss")]
    tracking.log_batch(run_id, metrics, params, [RunTag("team", "outreach"), RunTag("mlflow.user", "engineer")])
    data = Dataset(f"visits-{number % 50}", f"{number % 50:08x}", "code", "{}", '{"columns": 9}', '{"rows": 100}')
    tracking.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    logged = tracking.create_logged_model(experiment, "model", run_id)
    tracking.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    tracking.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
    tracking.update_run_info(run_id, RunStatus.FINISHED, number + 1000, None)
    return run_id, logged.model_id


if __name__ == "__main__":
    load(Path(sys.argv[1]), versions=int(sys.argv[2]))
