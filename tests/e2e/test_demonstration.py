"""The demonstration as a newcomer runs it: without make and without settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded
from tests.database import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("demonstration")]
COMMAND = [sys.executable, "-c", "import sys; from api.cli.main import main; sys.exit(main())", "demo", "--once"]
ANY_PORT = ["--port", "0", "--mlflow-port", "0"]
SIGN = "STARTED_BY_THE_TEST"
"""In the environment of everything that a demonstration starts, so that what it left behind can be found."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder that does not exist yet; its database is removed afterwards, since root keeps it elsewhere."""
    yield tmp_path / "var"
    embedded.remove(tmp_path / "var")


def started(folder: Path) -> subprocess.Popen[str]:
    ours = ("DATABASE_", "EDGEWISE_", "DJANGO_", "CELERY_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    named = {"EDGEWISE_DATA_DIR": str(folder), SIGN: str(folder)}
    return subprocess.Popen(
        [*COMMAND, *ANY_PORT],
        cwd=ROOT,
        env={**environment, **named},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_behind(folder: Path) -> list[str]:
    sign = f"{SIGN}={folder}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if sign in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    database = embedded.Postgres(folder).pid()
    return found + ([f"PostgreSQL {database}"] if database else [])


def test_the_demonstration_succeeds_and_one_begun_again_ends_at_once_when_interrupted(folder: Path) -> None:
    whole = started(folder)
    said, _ = whole.communicate()
    assert whole.returncode == 0, said
    assert "all as expected" in said
    assert left_behind(folder) == []
    assert {"approval.bundle.zip", "keys.pub"} <= {path.name for path in (folder / "demo").iterdir()}

    again = started(folder)
    assert again.stdout is not None
    assert "Site http" in again.stdout.readline()
    again.send_signal(signal.SIGINT)
    said, _ = again.communicate()
    assert (again.returncode, "Traceback" in said) == (130, False), said
    assert left_behind(folder) == []
