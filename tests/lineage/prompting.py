"""Told an address on its input: registers a prompt with MLflow's own client, loads it in a run, and prints names."""

from __future__ import annotations

import json
import sys

import mlflow


def main(address: str, name: str, model_id: str) -> None:
    """Register two versions of the prompt `name`, and load the first in a run and for a logged model."""
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment("people")
    mlflow.genai.register_prompt(name=name, template="Shall {{person}} be called?", commit_message="first")
    mlflow.genai.register_prompt(name=name, template="Call {{person}}?", tags={"team": "outreach"})
    mlflow.genai.set_prompt_alias(name, "live", 2)
    with mlflow.start_run(run_name="prompted") as run:
        mlflow.genai.load_prompt(f"prompts:/{name}/1", model_id=model_id)
    print(json.dumps({"run": run.info.run_id}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.stdin.read().splitlines())
