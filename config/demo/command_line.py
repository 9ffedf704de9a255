"""The `edgewise` command as the demonstration's people run it: in a process of its own, against the running site."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    output: str


def edgewise(*arguments: str, url: str = "", token: str = "") -> Ran:
    """Run `edgewise ARGUMENTS` with the site's address and somebody's token; return exit code and output."""
    command = [sys.executable, "-c", "import sys; from api.cli.main import main; sys.exit(main())", *arguments]
    return _run(command, environment={"EDGEWISE_URL": url, "EDGEWISE_TOKEN": token, "NO_COLOR": "1"})


def training(url: str, *, user: str) -> Ran:
    """Run the engineer's training against the MLflow server at `url`, as `user`."""
    quiet = {"LOGNAME": user, "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    # Threads that wait for each other by spinning cost more than the models, wherever something else runs too.
    one_thread = {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "config.demo.training", url]
    return _run(command, environment={**quiet, **one_thread})


def _run(command: Sequence[str], *, environment: dict[str, str]) -> Ran:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(  # noqa: S603
        list(command),
        cwd=root,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, (done.stdout + done.stderr).strip())
