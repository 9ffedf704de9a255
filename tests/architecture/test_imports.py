from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT

HEAVY = {"mlflow", "sklearn", "statsmodels", "scipy", "numpy", "pandas", "fairlearn"}
NOT_FOR_A_COMMAND = HEAVY | {"django", "rest_framework", "celery", "graphene", "psycopg"}
WEB = "import config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns"
COMMANDS = "import api.cli.main, importlib; [importlib.import_module(m.partition(':')[0]) for m, _ in {listed}]"


def loaded_by(statement: str) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after `statement`."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_web_process_loads_no_heavy_library() -> None:
    loaded = loaded_by(WEB)
    assert {"django", "governance", "api", "frontend"} <= loaded
    assert not loaded & HEAVY


def test_the_command_line_starts_without_django_and_without_mlflow() -> None:
    assert not loaded_by("import api.cli.main") & NOT_FOR_A_COMMAND


@pytest.mark.parametrize("module", ["api.client", "governance.exports.verify"])
def test_what_engineers_and_auditors_run_on_their_own_machines_needs_no_django(module: str) -> None:
    assert not loaded_by(f"import {module}") & NOT_FOR_A_COMMAND


def test_no_command_loads_django_before_it_is_called() -> None:
    listed = "api.cli.main.COMMANDS.values()"
    assert not loaded_by(COMMANDS.format(listed=listed)) & NOT_FOR_A_COMMAND
