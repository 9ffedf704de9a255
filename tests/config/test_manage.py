"""`manage.py` needs no running database: it brings its own and takes it away again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded
from tests.database import ROOT


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """An installation that does not exist yet."""
    yield tmp_path
    embedded.remove(tmp_path)


def manage(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DATABASE_")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment, "EDGEWISE_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_preparing_a_new_installation_twice_gives_one_that_works_and_leaves_nothing_running(data_dir: Path) -> None:
    for _ in range(2):
        assert manage(data_dir, "prepare_database", "--verbosity", "0").stderr == ""
    assert embedded.Postgres(data_dir).pid() is None
    with embedded.running(data_dir) as server, psycopg.connect(server.urls.application) as application:
        owners = application.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert owners == [("edgewise_owner",)]
        assert application.execute("SELECT count(*) FROM pgmq.meta").fetchone() == (0,)


def test_a_database_that_cannot_start_is_reported_in_one_sentence(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "server.json").write_text("{}")
    failed = manage(data_dir, "check")
    (data_dir / "postgres" / "server.json").unlink()
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "server.json is damaged" in failed.stderr
