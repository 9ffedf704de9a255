"""`edgewise init` says in a sentence what keeps it from setting up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from governance.accounts.models import User
from tests.api.cli.site import edgewise
from tests.database import ROOT, TestDatabase
from tests.factories.world import World

COMMAND = [sys.executable, "-c", "import sys; from api.cli.main import main; sys.exit(main())", "init"]
DESCRIBED = "administrator: {name: Somebody Else, email: else@example.org}\n"


def test_another_administrator_is_named_as_what_is_in_the_way(committed_db: TestDatabase, tmp_path: Path) -> None:
    World.begin()
    before = User.objects.count()
    (tmp_path / "installation.yaml").write_text(DESCRIBED + "people: [{name: New, email: new@example.org}]\n")
    found = edgewise("init", str(tmp_path / "installation.yaml"))
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("edgewise: This installation has another administrator than else@example.org.")
    assert User.objects.count() == before


def test_a_file_that_is_not_utf_8_is_refused_by_name(committed_db: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(DESCRIBED.replace("Somebody", "Jos\xe9").encode("latin-1"))
    found = edgewise("init", str(tmp_path / "latin.yaml"))
    assert found.code == 1
    assert "latin.yaml is not text in UTF-8" in found.err


def test_without_the_owner_of_the_database_nothing_is_set_up(committed_db: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "installation.yaml").write_text(DESCRIBED)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_OWNER_URL"}
    command = [*COMMAND, str(tmp_path / "installation.yaml")]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == "edgewise: Set DATABASE_OWNER_URL: only the owner of the database may prepare it.\n"
