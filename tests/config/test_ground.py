"""The demonstration works in folders that it made itself, and takes only its own away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded, schema
from config.demo import ground
from config.processes import ProcessFailed
from config.processes.holding import held
from tests.database import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose database, if it gets one, is removed afterwards."""
    yield tmp_path
    embedded.remove(tmp_path)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def demonstrate(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from api.cli.main import main; sys.exit(main())", "demo", *options]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "EDGEWISE_"))}
    return subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "what",
    ["keys/log.key", "keys/old.pub", "evidence/ab", "mlflow/mlflow.db", "demo/installation.yaml", "beat-schedule.dat"],
)
def test_what_something_else_made_is_neither_used_nor_removed(folder: Path, what: str) -> None:
    (folder / what).parent.mkdir(exist_ok=True)
    (folder / what).touch()
    before = files(folder)
    for act in (ground.claim, ground.clean):
        with pytest.raises(ground.NotOurs, match=f"holds {what} that the demonstration did not make"):
            act(folder)
    assert files(folder) == before
    assert (folder / what).exists()


def test_a_database_with_entries_is_neither_used_nor_removed(folder: Path) -> None:
    with embedded.running(folder, durable=False) as server, psycopg.connect(server.urls.owner) as connection:
        connection.execute("CREATE TABLE audit_leaf (id int)")
        connection.execute("INSERT INTO audit_leaf VALUES (1)")
    for act in (ground.claim, ground.clean):
        with pytest.raises(ground.NotOurs, match="a database with entries"):
            act(folder)
    assert files(folder) == ["postgres"]


def test_a_database_without_entries_is_no_installation_yet(folder: Path) -> None:
    embedded.Postgres(folder, durable=False).start()
    ground.claim(folder)
    assert (folder / ground.MARK).exists()
    embedded.Postgres(folder).stop()


def test_cleaning_removes_what_the_demonstration_made_and_nothing_else(folder: Path) -> None:
    ground.claim(folder)
    ground.claim(folder)
    other = embedded.Postgres(folder / "test", durable=False)
    other.start()
    embedded.Postgres(folder, durable=False).start()
    embedded.Postgres(folder).stop()
    for made in ("keys/log.key", "demo/keys.pub", "logs/web.log", "beat-schedule.dat", "notes.txt"):
        (folder / made).parent.mkdir(exist_ok=True)
        (folder / made).touch()
    assert ground.clean(folder) == f"Removed the demonstration from {folder}."
    assert files(folder) == ["notes.txt", "test"]
    assert other.is_running()
    other.stop()
    embedded.remove(folder / "test")
    assert ground.clean(folder) == f"There is no demonstration in {folder}."


def test_a_demonstration_with_the_tables_of_another_version_says_in_a_sentence_how_to_remove_it(folder: Path) -> None:
    ground.claim(folder)
    mark = folder / ground.MARK
    mark.write_text(mark.read_text().replace(schema.fingerprint(), "0123456789ab"))
    found = demonstrate("--once", EDGEWISE_DATA_DIR=str(folder))
    assert (found.returncode, found.stdout) == (1, "")
    assert len(found.stderr.splitlines()) == 1
    assert found.stderr.endswith("Remove it with `make demo-clean`, then start again.\n")
    assert ground.clean(folder) == f"Removed the demonstration from {folder}."
    ground.claim(folder)


def test_a_demonstration_that_runs_is_not_removed(folder: Path) -> None:
    ground.claim(folder)
    with held(folder), pytest.raises(ProcessFailed, match=f"process {os.getpid()} runs Edgewise there"):
        ground.clean(folder)
    assert (folder / ground.MARK).exists()


def test_the_database_of_somebody_else_is_refused_with_the_remedy(folder: Path) -> None:
    found = demonstrate("--once", DATABASE_URL="postgres://somebody@db.example/real", EDGEWISE_DATA_DIR=str(folder))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("The demonstration cannot run: DATABASE_URL is set")
    assert "env -u DATABASE_URL" in found.stderr
    assert files(folder) == []


def test_the_command_says_why_it_stays_away(folder: Path) -> None:
    (folder / "keys").mkdir()
    (folder / "keys" / "log.key").touch()
    for option in ("--once", "--clean"):
        found = demonstrate(option, EDGEWISE_DATA_DIR=str(folder))
        assert found.returncode == 1
        assert found.stderr.startswith(f"The demonstration cannot run: {folder} holds keys/log.key")
