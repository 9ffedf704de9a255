"""Somebody who works on MLflow directly, past Edgewise."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

import httpx

TRACES = "/api/3.0/mlflow/traces"
API = "/api/2.0/mlflow/"


@dataclass(frozen=True)
class Somebody:
    """Acts on the registered model `model`, over MLflow's REST API; `trained` are the logged models there are."""

    http: httpx.Client
    trained: dict[str, Any]
    model: str

    def create_model(self) -> None:
        """Create the registered model."""
        self._post("registered-models/create", name=self.model)

    def has_model(self) -> bool:
        """Whether the registered model is there."""
        return self.http.get(f"{API}registered-models/get", params={"name": self.model}).is_success

    def create_version(self, which: str = "good", *, source: str = "", run_id: str | None = None) -> str:
        """Register a logged model (by name, or by id in `which`), or `source`, as the next version: its number."""
        model_id = self.trained.get(which, which)
        run_id = self.trained.get(f"{which}_run", "") if run_id is None else run_id
        body = {"source": source, "run_id": run_id} if source else {"model_id": model_id, "run_id": run_id}
        answer = self._post("model-versions/create", **{"source": f"models:/{model_id}", "name": self.model, **body})
        return str(answer["model_version"]["version"])

    def create_prompt(self, text: str) -> str:
        """Create the registered model as a prompt unless it is there, and return the number of the next version."""
        is_prompt = {"key": "mlflow.prompt.is_prompt", "value": "true"}
        if not self.has_model():
            self._post("registered-models/create", name=self.model, tags=[is_prompt])
        tags = [is_prompt, {"key": "mlflow.prompt.text", "value": text}]
        answer = self._post("model-versions/create", name=self.model, source="dummy-source", tags=tags)
        return str(answer["model_version"]["version"])

    def point_at(self, folder: str) -> str:
        """Register the next version by the folder of a logged model's files, as MLflow tells it: its number."""
        (model_id,) = [part for part in folder.split("/") if part.startswith("m-")]
        answer = self._post("model-versions/create", name=self.model, source=folder, model_id=model_id)
        return str(answer["model_version"]["version"])

    def move_alias(self, alias: str, version: str) -> None:
        """Point an alias somewhere."""
        self._post("registered-models/alias", name=self.model, alias=alias, version=version)

    def drop_alias(self, alias: str) -> None:
        """Remove an alias."""
        self._delete("registered-models/alias", name=self.model, alias=alias)

    def move_stage(self, version: str, stage: str) -> None:
        """Bring a version into a stage."""
        body = {"version": version, "stage": stage, "archive_existing_versions": False}
        self._post("model-versions/transition-stage", name=self.model, **body)

    def tag_version(self, version: str, key: str, value: str) -> None:
        """Tag a version."""
        self._post("model-versions/set-tag", name=self.model, version=version, key=key, value=value)

    def tag_model(self, key: str, value: str) -> None:
        """Tag the registered model."""
        self._post("registered-models/set-tag", name=self.model, key=key, value=value)

    def untag_version(self, version: str, key: str) -> None:
        """Remove a tag from a version."""
        self._delete("model-versions/delete-tag", name=self.model, version=version, key=key)

    def describe(self, text: str, *, version: str = "") -> None:
        """Describe the registered model, or a version of it."""
        if version:
            self._patch("model-versions/update", name=self.model, version=version, description=text)
        else:
            self._patch("registered-models/update", name=self.model, description=text)

    def stage(self, version: str, stage: str) -> None:
        """Move a version to a stage."""
        self._post("model-versions/transition-stage", name=self.model, version=version, stage=stage)

    def rename(self, name: str) -> Somebody:
        """Give the registered model another name, and return somebody who works on that."""
        self._post("registered-models/rename", name=self.model, new_name=name)
        return replace(self, model=name)

    def delete_version(self, version: str) -> None:
        """Delete a version."""
        self._delete("model-versions/delete", name=self.model, version=version)

    def delete_model(self) -> None:
        """Delete the registered model with everything in it."""
        self._delete("registered-models/delete", name=self.model)

    def log_model_files(self, files: dict[str, bytes]) -> str:
        """Log a model of these files, outside any run, and return its id."""
        answer = self._post("logged-models", experiment_id=self.trained["experiment"], name="by-hand")
        info = answer["model"]["info"]
        for path, content in files.items():
            self.put_file(info["artifact_uri"], path, content)
        done = {"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"}
        self.http.patch(f"{API}logged-models/{info['model_id']}", json=done).raise_for_status()
        return str(info["model_id"])

    def start_run(self, name: str, *, user: str) -> str:
        """Start a run and return its id; MLflow believes any name and user."""
        answer = self._post("runs/create", experiment_id=self.trained["experiment"], run_name=name, user_id=user)
        return str(answer["run"]["info"]["run_id"])

    def evaluate(
        self, model_id: str, *, tags: dict[str, str], files: dict[str, bytes], metrics: dict[str, float]
    ) -> str:
        """Log an evaluation of a logged model, with these tags, files and metrics, end it, and return its id."""
        run_id = self.start_run("evaluation", user="engineer")
        self._post("runs/log-inputs", run_id=run_id, models=[{"model_id": model_id}])
        self.tag_run(run_id, tags)
        for key, figure in metrics.items():
            self._post("runs/log-metric", run_id=run_id, key=key, value=figure, timestamp=1)
        for path, content in files.items():
            self.put_file(f"mlflow-artifacts:/{self.trained['experiment']}/{run_id}/artifacts", path, content)
        self._post("runs/update", run_id=run_id, status="FINISHED", end_time=int(time.time() * 1000))
        return run_id

    def tag_run(self, run_id: str, tags: dict[str, str]) -> None:
        """Tag a run."""
        for key, value in tags.items():
            self._post("runs/set-tag", run_id=run_id, key=key, value=value)

    def trace(self, run_id: str, model_id: str, *, tags: dict[str, str], said: list[dict[str, Any]]) -> str:
        """Log a trace of a run and a model, with what was `said` of it, and return its id."""
        trace_id = f"tr-{uuid.uuid4().hex}"
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": self.trained["experiment"]}}
        info = {
            "trace_id": trace_id,
            "trace_location": place,
            "request_time": "2026-01-01T00:00:00Z",
            "state": "OK",
            "trace_metadata": {"mlflow.sourceRun": run_id, "mlflow.modelId": model_id},
            "tags": tags,
        }
        self._post(f"{TRACES}", trace={"trace_info": info})
        for assessment in said:
            self._post(f"{TRACES}/{trace_id}/assessments", assessment={**assessment, "trace_id": trace_id})
        return trace_id

    def put_file(self, artifact_uri: str, path: str, content: bytes) -> None:
        """Write a file into an artifact folder, whether or not one is there."""
        place = artifact_uri.removeprefix("mlflow-artifacts:/")
        self.http.put(f"/api/2.0/mlflow-artifacts/artifacts/{place}/{path}", content=content).raise_for_status()

    def _post(self, endpoint: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(endpoint if endpoint.startswith("/") else API + endpoint, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def _patch(self, endpoint: str, **body: str) -> None:
        self.http.patch(API + endpoint, json=body).raise_for_status()

    def _delete(self, endpoint: str, **body: str) -> None:
        self.http.request("DELETE", API + endpoint, json=body).raise_for_status()
