"""What a training script tells Edgewise is what Edgewise reads."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import mlflow
import pandas as pd
import pytest
from edgewise_mlflow import evidence
from edgewise_mlflow.evidence import Unusable, log_evidence, log_learned_policy, log_scalarised

from governance.evidence import objective, runs
from governance.evidence.formats import read
from governance.evidence.formats.mapping import cases, plain
from governance.evidence.ingest import REQUIRED
from governance.evidence.records import LEVELS
from lineage.registry import Registry
from tests.lineage.somebody import Somebody

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    # MLflow's client and pandas warn of what each other will do one day.
    pytest.mark.filterwarnings("ignore"),
]
ROW = {"case_id": "c1", "metric": "recall", "value": 1, "context": "*", "health": "poor"}


@pytest.fixture
def model_id(outreach: Somebody, mlflow_url: str) -> Iterator[str]:
    """A logged model, on a server that MLflow's own client speaks with."""
    mlflow.set_tracking_uri(mlflow_url)
    mlflow.set_experiment(experiment_id=outreach.trained["experiment"])
    yield outreach.log_model_files({"model.pkl": b"weights"})
    mlflow.set_tracking_uri(None)


def rows(count: int) -> list[dict[str, Any]]:
    return [ROW | {"case_id": f"c{number}", "value": number % 2} for number in range(count)]


def test_both_sides_speak_of_the_same_words() -> None:
    assert (evidence.LEVEL_TAG, evidence.TABLE_TAG) == (runs.LEVEL_TAG, runs.TABLE_TAG)
    assert (evidence.OBJECTIVE_TAG, evidence.JSON_TABLE) == (objective.TAG, runs.TABLE)
    assert (evidence.REQUIRED, evidence.LEVELS) == (REQUIRED, LEVELS)


@pytest.mark.parametrize(("most", "path"), [(1000, "edgewise/cases.json"), (10, "edgewise/cases.parquet")])
def test_a_run_becomes_evidence_that_is_read_as_it_was_given(
    model_id: str, mlflow_url: str, monkeypatch: pytest.MonkeyPatch, most: int, path: str
) -> None:
    monkeypatch.setattr(evidence, "JSON_ROWS", most)
    people = mlflow.data.from_pandas(pd.DataFrame({"age": [40, 50]}), name="people-test")
    with mlflow.start_run():
        run_id = log_evidence(rows(40), model_id=model_id, level="response", dataset=people)
    with Registry(url=mlflow_url, timeout=10) as registry:
        run = registry.run(run_id=run_id)
        file = io.BytesIO()
        registry.fetch(uri=run.artifact_uri, path=run.tags.get(runs.TABLE_TAG, runs.TABLE), into=file, limit=10**6)
    assert run.tags.get(runs.TABLE_TAG, runs.TABLE) == path
    assert (run.tags[runs.LEVEL_TAG], run.model_inputs) == ("response", (model_id,))
    assert [(used.dataset.name, used.context) for used in run.dataset_inputs] == [("people-test", "eval")]
    assert run.metrics == {"recall": "0.5"}
    _, table = read(file, name=path)
    assert cases(table, plain(table), asked={"health"}, numbers=set()).cases.count == 40


@pytest.mark.parametrize(
    ("given", "level", "problem"),
    [
        ([ROW, ROW], "response", "row 1, column case_id: 'c1' was there before"),
        ([ROW | {"value": float("nan")}], "response", "row 0, column value: nan is not a measurement"),
        ([ROW | {"value": "1"}], "response", "row 0, column value: '1' is not a measurement"),
        ([ROW | {"case_id": None}], "response", "row 0, column case_id: there is no value"),
        ([{"case_id": "c1"}], "response", "column metric: it is missing"),
        ([ROW | {"my column": 1}], "response", "column 'my column': this is no name"),
        ([], "response", "cases: there is none"),
        ([ROW], "excellent", "level: 'excellent'. Use one of model, response"),
    ],
)
def test_what_edgewise_would_refuse_is_refused_before_anything_is_logged(
    given: list[dict[str, Any]], level: str, problem: str
) -> None:
    with pytest.raises(Unusable, match="^" + problem.replace("(", r"\(")):
        log_evidence(given, model_id="m-1", level=level, run_id="r")


def test_a_second_table_in_a_run_is_refused(model_id: str) -> None:
    with mlflow.start_run():
        log_evidence(rows(2), model_id=model_id, level="response")
        with pytest.raises(Unusable, match="has a table already"):
            log_evidence(rows(2), model_id=model_id, level="response")


def test_without_a_run_it_says_how_to_start_one() -> None:
    with pytest.raises(Unusable, match=r"with mlflow.start_run\(\)"):
        log_evidence([ROW], model_id="m-1", level="response")


def test_what_training_aimed_at_is_read_as_it_was_said(model_id: str, mlflow_url: str) -> None:
    with mlflow.start_run() as first:
        log_scalarised({"helpfulness": 0.6, "harmlessness": 0.4}, specification="1.0.0")
    factors = {"us/outreach/phone": {"helpfulness": {"low": 0.2, "mean": 0.6, "high": 0.9}}}
    with mlflow.start_run() as second:
        log_learned_policy("models:/trade-offs/3", digest="5f" * 32, observed=factors)
    with Registry(url=mlflow_url, timeout=10) as registry:
        said = [registry.run(run_id=run.info.run_id).tags[objective.TAG] for run in (first, second)]
    fixed, learned = (objective.read(text, run="r") for text in said)
    assert objective.document(fixed, run="r")["terms"] == {"helpfulness": "0.6", "harmlessness": "0.4"}
    assert json.loads(said[1])["digest"] == "5f" * 32
    assert objective.document(learned, run="r")["observed"]["us/outreach/phone"]["helpfulness"]["high"] == "0.9"


def test_a_factor_that_is_no_number_is_refused() -> None:
    with pytest.raises(Unusable, match="terms, speed: nan is no finite number"):
        log_scalarised({"speed": float("nan")})
