"""What a training script tells Edgewise is what Edgewise reads."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from edgewise_mlflow import evidence, protection
from edgewise_mlflow.evidence import Unusable, log_evidence, log_learned_policy, log_scalarised
from mlflow.utils.validation import MAX_TAG_VAL_LENGTH

from governance.evidence import objective, runs
from governance.evidence.cases import Cases
from governance.evidence.formats import read, table
from governance.evidence.formats.mapping import cases, plain
from lineage import tags
from lineage.registry import Registry
from lineage.snapshots import RunSnapshot
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
    assert (evidence.LEVEL_TAG, evidence.TABLE_TAG, evidence.OBJECTIVE_TAG) == (
        tags.EVIDENCE,
        tags.TABLE,
        tags.OBJECTIVE,
    )
    assert (tags.ALIAS, f"{tags.APPROVAL}.") == (protection.ALIAS, protection.TAG)
    assert (evidence.JSON_TABLE, evidence.MOST_BYTES) == (runs.TABLE, runs.MOST_BYTES)
    assert evidence.JSON_CHARACTERS <= table.MOST_AT_ONCE
    assert evidence.MOST_OF_A_TAG == MAX_TAG_VAL_LENGTH


def as_edgewise_reads(run_id: str, mlflow_url: str) -> tuple[RunSnapshot, str, Cases]:
    """The run, the path of its table, and the cases in it."""
    with Registry(url=mlflow_url, timeout=10) as registry:
        run = registry.run(run_id=run_id)
        file, path = io.BytesIO(), run.tags.get(tags.TABLE, runs.TABLE)
        registry.fetch(uri=run.artifact_uri, path=path, into=file, limit=10**6)
    _, found = read(file, name=path)
    return run, path, cases(found, plain(found), asked={"health"}).cases


@pytest.mark.parametrize(("most", "path"), [(1000, "edgewise/cases.json"), (10, "edgewise/cases.parquet")])
def test_a_run_becomes_evidence_that_is_read_as_it_was_given(
    model_id: str, mlflow_url: str, monkeypatch: pytest.MonkeyPatch, most: int, path: str
) -> None:
    monkeypatch.setattr(evidence, "JSON_ROWS", most)
    people = mlflow.data.from_pandas(pd.DataFrame({"age": [40, 50]}), name="people-test")
    with mlflow.start_run():
        run_id = log_evidence(rows(40), model_id=model_id, level="response", dataset=people, proportions=["recall"])
    run, found, read_back = as_edgewise_reads(run_id, mlflow_url)
    assert (found, read_back.count) == (path, 40)
    assert (run.tags[tags.EVIDENCE], run.model_inputs) == ("response", (model_id,))
    assert [(used.dataset.name, used.context) for used in run.dataset_inputs] == [("people-test", "eval")]
    assert run.metrics == {"recall": "0.5"}


def test_a_number_that_mlflow_s_json_would_round_arrives_as_it_was(model_id: str, mlflow_url: str) -> None:
    tiny = 3.0303030303e-12
    with mlflow.start_run():
        run_id = log_evidence([ROW | {"metric": "brier", "value": tiny}], model_id=model_id, level="response")
    _, path, read_back = as_edgewise_reads(run_id, mlflow_url)
    assert (path, read_back.values.tolist()) == (evidence.PARQUET_TABLE, [tiny])


def test_a_run_that_edgewise_would_not_find_is_refused_and_stays_as_it_was(model_id: str, mlflow_url: str) -> None:
    mlflow.set_experiment("elsewhere")
    with mlflow.start_run() as run, pytest.raises(Unusable, match=r"it lies in experiment .* Start the run there\."):
        log_evidence(rows(2), model_id=model_id, level="response")
    with Registry(url=mlflow_url, timeout=10) as registry:
        left = registry.run(run_id=run.info.run_id)
    assert (tags.EVIDENCE in left.tags, left.model_inputs, left.metrics) == (False, (), {})


def test_data_that_the_model_was_trained_on_is_refused(outreach: Somebody, mlflow_url: str) -> None:
    mlflow.set_tracking_uri(mlflow_url)
    mlflow.set_experiment(experiment_id=outreach.trained["experiment"])
    people = mlflow.data.from_pandas(pd.DataFrame({"age": [40, 50]}), name="people")
    with mlflow.start_run():
        mlflow.log_input(people, context="training")
        model = mlflow.initialize_logged_model(name="model")
    with mlflow.start_run(), pytest.raises(Unusable, match="dataset people: the model was trained on it"):
        log_evidence(rows(2), model_id=model.model_id, level="response", dataset=people)
    mlflow.set_tracking_uri(None)


def test_a_data_set_by_name_alone_is_refused(model_id: str) -> None:
    with mlflow.start_run(), pytest.raises(Unusable, match="dataset: this is a str"):
        log_evidence(rows(2), model_id=model_id, level="response", dataset="people-test")


def test_a_table_that_edgewise_would_not_read_for_its_size_is_refused(
    model_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "JSON_CHARACTERS", 100)
    monkeypatch.setattr(evidence, "MOST_BYTES", 100)
    with mlflow.start_run(), pytest.raises(Unusable, match=r"cases: \d+ bytes; the most of a run is 100"):
        log_evidence(rows(40), model_id=model_id, level="response")


def test_a_second_table_in_a_run_is_refused(model_id: str) -> None:
    with mlflow.start_run():
        log_evidence(rows(2), model_id=model_id, level="response")
        with pytest.raises(Unusable, match="has a table already"):
            log_evidence(rows(2), model_id=model_id, level="response")


def test_without_a_run_it_says_how_to_start_one_and_makes_no_store_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for log in (lambda: log_evidence([ROW], model_id="m-1", level="response"), lambda: log_scalarised({"speed": 1})):
        with pytest.raises(Unusable, match=r"with mlflow.start_run\(\)"):
            log()
    assert not [*tmp_path.iterdir()]


def test_what_training_aimed_at_is_read_as_it_was_said(model_id: str, mlflow_url: str) -> None:
    with mlflow.start_run() as first:
        log_scalarised({"helpfulness": 0.6, "harmlessness": 0.4}, specification="1.0.0")
    factors = {"us/outreach/phone": {"helpfulness": {"low": 0.2, "mean": 0.6, "high": 0.9}}}
    with mlflow.start_run() as second:
        log_learned_policy("models:/trade-offs/3", digest="5f" * 32, observed=factors)
    with Registry(url=mlflow_url, timeout=10) as registry:
        said = [registry.run(run_id=run.info.run_id).tags[tags.OBJECTIVE] for run in (first, second)]
    fixed, learned = (objective.read(text, run="r") for text in said)
    assert objective.document(fixed, run="r")["terms"] == {"helpfulness": "0.6", "harmlessness": "0.4"}
    assert json.loads(said[1])["digest"] == "5f" * 32
    assert objective.document(learned, run="r")["observed"]["us/outreach/phone"]["helpfulness"]["high"] == "0.9"


def test_an_objective_that_mlflow_would_cut_off_is_refused(model_id: str) -> None:
    terms = {f"{number} {'x' * 190}": 0.5 for number in range(45)}
    with mlflow.start_run(), pytest.raises(Unusable, match="MLflow keeps 8000 of a tag"):
        log_scalarised(terms)
