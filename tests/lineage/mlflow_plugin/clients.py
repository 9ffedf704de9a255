"""Somebody who uses MLflow's own client, in a process of their own, as in a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DONE = "done"
SCRIPT = """
import json, sys
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client, outcomes = MlflowClient(), []
store = client._get_registry_client().store
for line in json.load(sys.stdin):
    try:
        found = eval(line)
        outcomes.append(found if isinstance(found, (str, list, dict)) else "done")
    except MlflowException as error:
        outcomes.append(f"{error.get_http_status_code()} {error}")
json.dump(outcomes, sys.stdout)
"""


def outcomes(lines: Sequence[str], *, folder: Path, **environment: str) -> list[str]:
    """Evaluate the lines of Python in `folder` with a `client` and its `store`.

    Return what each came to: what it gives, `done`, or the status of MLflow's exception and its words.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("EDGEWISE_", "MLFLOW_"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        input=json.dumps(list(lines)),
        env={**kept, "MLFLOW_DISABLE_TELEMETRY": "true", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
