"""From training to a judged version, in cells. It needs an MLflow server, a site, and `make setup` in a checkout.

export MLFLOW_TRACKING_URI=http://… EDGEWISE_URL=https://… EDGEWISE_TOKEN=…
"""

# %% Some people, of whom the model should find those in need
from __future__ import annotations

import os

import mlflow
import numpy as np
import pandas as pd
from edgewise_mlflow.evidence import log_evidence, log_scalarised
from sklearn.linear_model import LogisticRegression

from api.client import Client

chance = np.random.RandomState(7)
people = pd.DataFrame({"visits": chance.poisson(2, 4000), "age": chance.uniform(20, 90, 4000)})
people["health"] = chance.choice(["excellent", "good", "fair", "poor"], 4000)
people["limited"] = chance.choice(["yes", "no"], 4000)
people["need"] = (people["visits"] + people["age"] / 30 > 4).astype(int)
train, test = people[:2000], people[2000:]
FEATURES = ["visits", "age"]

# %% Train, say what training aimed at, and register
mlflow.set_experiment("outreach")
with mlflow.start_run(run_name="train"):
    mlflow.log_input(mlflow.data.from_pandas(train, name="people-train"), context="training")
    log_scalarised({"finding those in need": 0.6, "leaving others alone": 0.4})
    model = LogisticRegression(class_weight={1: 0.6, 0: 0.4}).fit(train[FEATURES], train["need"])
    logged = mlflow.sklearn.log_model(
        model, name="model", registered_model_name="outreach-model", pip_requirements=["scikit-learn"]
    )
version = f"models:/outreach-model/{logged.registered_model_version}"

# %% Evaluate: one row for each case and metric, never a mean of one's own
predicted = model.predict(test[FEATURES])
cases = pd.DataFrame(
    {
        "case_id": [f"person-{index}" for index in test.index],
        "metric": np.where(test["need"] == 1, "recall", "specificity"),
        "value": (predicted == test["need"]).astype(int),
        "context": "*",
        "health": test["health"],
        "limited": test["limited"],
    }
)
with mlflow.start_run(run_name="evaluate"):
    held_out = mlflow.data.from_pandas(test, name="people-test")
    rates = ["recall", "specificity"]
    log_evidence(cases, model_id=logged.model_id, level="response", dataset=held_out, proportions=rates)

# %% Have Edgewise read it, hash the files, and judge
with Client(os.environ["EDGEWISE_URL"], os.environ["EDGEWISE_TOKEN"]) as edgewise:
    edgewise.register(version, system="outreach")
    edgewise.evidence(version, system="outreach")
    report = edgewise.gate(version, system="outreach", context="us/outreach/phone")
print(report["verdict"], *report["document"]["reasons"], sep="\n")
