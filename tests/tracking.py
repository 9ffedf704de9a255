"""A real MLflow server for any test, and somebody who works on its model `outreach-model` past Edgewise."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from config.processes import Stack
from tests.factories.mirror import MODEL
from tests.lineage.somebody import API, Somebody

NOBODYS_CERTIFICATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP: reading every authority there is would cost more than all that a test says to MLflow."""


@pytest.fixture(scope="session")
def mlflow_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A real MLflow server of one worker, with its own database and files."""
    folder = tmp_path_factory.mktemp("mlflow")
    with Stack(data_dir=folder, services=("mlflow",), site_port=0, mlflow_port=0) as stack:
        yield stack


@pytest.fixture(scope="session")
def mlflow_url(mlflow_stack: Stack) -> str:
    """The address of the server."""
    return mlflow_stack.mlflow_url


@pytest.fixture(scope="session")
def mlflow_database(mlflow_stack: Stack) -> Path:
    """The server's own database, by which it can be made to say what its API refuses."""
    (found,) = mlflow_stack.data_dir.rglob("mlflow.db")
    return found


@pytest.fixture
def outreach(mlflow_url: str) -> Iterator[Somebody]:
    """Somebody with access to MLflow, who has just made the registered model `outreach-model`, still empty."""
    with httpx.Client(base_url=mlflow_url, timeout=30, verify=NOBODYS_CERTIFICATE) as http:
        person = Somebody(http=http, trained={"experiment": _experiment(http)}, model=MODEL)
        if person.has_model():
            person.delete_model()
        person.create_model()
        yield person


def add_version(somebody: Somebody, *, content: bytes = b"weights") -> str:
    """Let somebody train and register a model of one file with `content`; return the version's number."""
    run = somebody.start_run("training", user="trainer")
    model_id = somebody.log_model_files({"model.pkl": content})
    return somebody.create_version(model_id, run_id=run)


def _experiment(http: httpx.Client) -> str:
    found = http.get(f"{API}experiments/get-by-name", params={"experiment_name": MODEL})
    if found.is_success:
        return str(found.json()["experiment"]["experiment_id"])
    made = http.post(f"{API}experiments/create", json={"name": MODEL}).raise_for_status()
    return str(made.json()["experiment_id"])
