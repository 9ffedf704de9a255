"""Told an address and a folder on its input: trains two small models with MLflow's own client, and prints ids."""

from __future__ import annotations

import json
import sys

import mlflow
import pandas as pd
from mlflow.entities import LoggedModelInput
from sklearn.linear_model import LogisticRegression


def main(address: str, folder: str) -> None:
    """Log everything to the server at `address`; the download of the model `good` goes to `folder`."""
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment("people")
    data = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "visits": [0, 0, 1, 1]})
    told: dict[str, object] = {}
    with mlflow.start_run(run_name="search") as parent:
        told["parent"] = parent.info.run_id
        for name, strength in (("good", 1.0), ("bad", 0.01)):
            with mlflow.start_run(run_name=name, nested=True) as child:
                told[f"{name}_run"] = child.info.run_id
                mlflow.log_input(mlflow.data.from_pandas(data, name="visits-train"), context="training")
                mlflow.log_param("C", strength)
                mlflow.set_tag("mlflow.source.git.commit", "c0ffee")
                model = LogisticRegression(C=strength).fit(data[["age"]], data["visits"])
                logged = mlflow.sklearn.log_model(model, name=name, pip_requirements=["scikit-learn"])
                told[name] = logged.model_id
    with mlflow.start_run(run_name="evaluation") as evaluation:
        told["evaluation"] = evaluation.info.run_id
        told["experiment"] = evaluation.info.experiment_id
        mlflow.set_tag("edgewise.evidence", "response")
        mlflow.log_input(mlflow.data.from_pandas(data, name="visits-test"), context="eval")
        used = [LoggedModelInput(model_id=str(told["good"]))]
        mlflow.MlflowClient().log_inputs(evaluation.info.run_id, models=used)
        mlflow.log_metric("accuracy", 1.0)
        cases = pd.DataFrame({"case_id": ["1"], "metric": ["accuracy"], "value": [1], "context": ["*"]})
        mlflow.log_table(cases, "edgewise/cases.json")
    mlflow.register_model(f"models:/{told['good']}", "downloaded")
    told["download"] = mlflow.artifacts.download_artifacts("models:/downloaded/1", dst_path=folder)
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.stdin.read().splitlines())
