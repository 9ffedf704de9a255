"""The engineer's part of the demonstration: real models on real data, with MLflow's own client.

Data: the RAND Health Insurance Experiment (20 190 person-years, public domain), as bundled by statsmodels
(`statsmodels.datasets.randhie`; Cameron and Trivedi, Microeconometrics, 2005). The target is whether a person saw a
doctor within the year. Reweighing follows Kamiran and Calders, Data preprocessing techniques for classification without
discrimination, Knowledge and Information Systems 33 (2012).

Run as `python -m config.demo.training MLFLOW_URL`, in a process of its own, since these libraries take long to import.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MODEL = "outreach-model"
EXPERIMENT = "outreach"
FEATURES = ["lncoins", "idp", "lpi", "fmde", "physlm", "disea", "hlthg", "hlthf", "hlthp"]
REQUIREMENTS = ["scikit-learn", "pandas"]
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
"""The type in our own files that skops, MLflow's safe format, wants to be told of."""
EVERYBODY = {"excellent": 1.5, "good": 1.5, "fair": 1.5, "poor": 1.5, "limited": 1.5}


@dataclass(frozen=True)
class Recipe:
    """How one version is trained and on how many cases it is evaluated. `emphasis` is how much a case of need weighs
    against one without, within each group; None trains for the best average."""

    title: str
    emphasis: Mapping[str, float] | None
    cases: int | None = None


RECIPES = (
    Recipe("best average", None),
    Recipe("reweighed, evaluated in a pilot", {**EVERYBODY, "excellent": 1.35}, cases=600),
    Recipe("reweighed towards fair health", {**EVERYBODY, "excellent": 1.15, "fair": 2.6}),
    Recipe("reweighed in every group", EVERYBODY),
)


def main(url: str) -> None:
    """Train, register and evaluate what is not there yet, in the MLflow server at `url`."""
    import mlflow

    mlflow.set_tracking_uri(url)
    mlflow.set_experiment(EXPERIMENT)
    missing = [recipe for recipe in RECIPES if recipe.title not in _evaluated()]
    if not missing:
        return
    data = load()
    with mlflow.start_run(run_name="outreach training"):
        mlflow.log_param("data", "statsmodels randhie")
        for recipe in missing:
            model_id = _train(recipe, data)
            _evaluate(recipe, data, model_id)


def load() -> pd.DataFrame:
    """Return the person-years with `need`, `health`, `limited`, `group` and `part` (train or test)."""
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from statsmodels.datasets import randhie

    data = randhie.load_pandas().data
    data["need"] = (data["mdvis"] >= 1).astype(int)
    rated = [data["hlthp"] == 1, data["hlthf"] == 1, data["hlthg"] == 1]
    data["health"] = np.select(rated, ["poor", "fair", "good"], "excellent")
    data["limited"] = np.where(data["physlm"] >= 0.5, "yes", "no")
    data["group"] = np.where(data["limited"] == "yes", "limited", data["health"])
    strata = data["group"] + data["need"].astype(str)
    train, _ = train_test_split(data.index, test_size=0.6, random_state=7, stratify=strata)
    data["part"] = np.where(data.index.isin(train), "train", "test")
    return pd.DataFrame(data)


def weights(data: pd.DataFrame, emphasis: Mapping[str, float] | None) -> np.ndarray[Any, Any] | None:
    """Return a weight for each row, so that within each group need weighs `emphasis` and its absence 1."""
    import numpy as np

    if emphasis is None:
        return None
    rate = data.groupby("group")["need"].transform("mean")
    wanted = data["group"].map(dict(emphasis))
    return np.asarray(np.where(data["need"] == 1, wanted / rate, 1 / (1 - rate)))


def case_table(test: pd.DataFrame, predicted: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return the per-case table: recall over those in need, specificity over the others, 1 where right."""
    import pandas as pd

    return pd.DataFrame(
        {
            "case_id": [f"person-year-{index}" for index in test.index],
            "metric": ["recall" if need else "specificity" for need in test["need"]],
            "value": (predicted == test["need"]).astype(int),
            "context": "*",
            "health": test["health"],
            "limited": test["limited"],
        }
    )


def _train(recipe: Recipe, data: pd.DataFrame) -> str:
    import mlflow
    from sklearn.ensemble import HistGradientBoostingClassifier

    train = data[data["part"] == "train"]
    with mlflow.start_run(run_name=f"train: {recipe.title}", nested=True):
        mlflow.log_input(_dataset(train, name="randhie-train"), context="training")
        model = HistGradientBoostingClassifier(random_state=0, max_iter=120)
        mlflow.log_params({"recipe": recipe.title, "max_iter": 120, "emphasis": str(dict(recipe.emphasis or {}))})
        model.fit(train[FEATURES], train["need"], sample_weight=weights(train, recipe.emphasis))
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=MODEL,
            pip_requirements=REQUIREMENTS,
            skops_trusted_types=TRUSTED,
        )
    return str(logged.model_id)


def _evaluate(recipe: Recipe, data: pd.DataFrame, model_id: str) -> None:
    import mlflow
    from edgewise_mlflow.evidence import log_evidence

    test = data[data["part"] == "test"]
    if recipe.cases is not None:
        test = test.sample(recipe.cases, random_state=1)
    model = mlflow.sklearn.load_model(f"models:/{model_id}")
    table = case_table(test, model.predict(test[FEATURES]))
    with mlflow.start_run(run_name=f"evaluate: {recipe.title}", nested=True):
        mlflow.set_tag("recipe", recipe.title)
        mlflow.log_metric("accuracy", float(table["value"].mean()))
        held_out = _dataset(test, name="randhie-test")
        proportions = ("recall", "specificity")
        log_evidence(table, model_id=model_id, level="response", dataset=held_out, proportions=proportions)


def _dataset(rows: pd.DataFrame, *, name: str) -> Any:
    from mlflow.data.pandas_dataset import from_pandas

    return from_pandas(rows[[*FEATURES, "need"]], name=name, targets="need")


def _evaluated() -> set[str]:
    """Return the titles of the recipes that were trained and evaluated to the end before."""
    import mlflow

    runs = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string="tags.recipe != '' AND attributes.status = 'FINISHED'",
        output_format="list",
    )
    return {run.data.tags["recipe"] for run in runs}


def _end_with_parent() -> None:
    """Let the kernel end this process with the one that started it, so that no killed demonstration trains on."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG of prctl(2)


if __name__ == "__main__":
    _end_with_parent()
    main(sys.argv[1])
