"""The example of the documentation runs as it stands there, from training to a judged version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from governance.evidence import selectors
from governance.evidence.models import EvaluationRun
from governance.gates.models import GateReport
from governance.specs.models import SpecificationVersion
from lineage import sync
from tests.api.cli.site import site
from tests.database import ROOT, TestDatabase
from tests.factories.world import World
from tests.lineage.somebody import Somebody

pytestmark = pytest.mark.xdist_group("mlflow")


def test_the_example_brings_evidence_that_is_judged(
    committed_db: TestDatabase,
    world: World,
    specification: SpecificationVersion,
    outreach: Somebody,
    mlflow_url: str,
) -> None:
    sync.connect(key="main", url=mlflow_url)
    with site(world) as found:
        ran = subprocess.run(
            [sys.executable, "docs/examples/bring_evidence.py"],
            cwd=ROOT,
            env={
                **os.environ,
                "MLFLOW_TRACKING_URI": mlflow_url,
                "EDGEWISE_URL": found.url,
                "EDGEWISE_TOKEN": found.token("engineer"),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = EvaluationRun.objects.get()
    assert (found.cases, found.level) == (2000, "response")
    assert found.datasets == [{"name": "people-test", "digest": found.datasets[0]["digest"], "context": "eval"}]
    [aim] = selectors.objectives(found.model_version, system=found.system)
    assert aim["terms"] == {"finding those in need": "0.6", "leaving others alone": "0.4"}
    assert GateReport.objects.get().verdict in ran.stdout.split("\n")
