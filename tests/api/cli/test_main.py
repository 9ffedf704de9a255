"""Starting, usage, and what never happens when the command starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.main import COMMANDS
from api.cli.session import write_file
from api.client import Client, Unreachable
from tests.api.cli.site import edgewise

ROOT = Path(__file__).resolve().parents[3]
STARTING = "import sys; from api.cli.main import main; main(sys.argv[1:]); print(sorted(sys.modules))"


def test_every_command_says_how_it_is_used() -> None:
    for name in COMMANDS:
        found = edgewise(name, "--help")
        assert found.code == 0, name
        assert f"edgewise {name}" in found.out


def test_the_overview_names_every_command() -> None:
    found = edgewise("--help")
    assert found.code == 0
    assert all(f"  {name} " in found.out for name in COMMANDS)


def test_the_version_is_that_of_the_project() -> None:
    found = edgewise("--version")
    assert (found.code, found.out.split()[0]) == (0, "edgewise")
    assert found.out.split()[1][0].isdigit()


@pytest.mark.parametrize(
    "arguments",
    [(), ("chekc",), ("check",), ("check", "--nonsense"), ("verify", "/nowhere"), ("demo", "--port", "99999")],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert edgewise(*arguments).code == 2


def test_a_mistyped_command_is_told_the_nearest() -> None:
    assert "Did you mean “check”?" in edgewise("chekc").err


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_starting_imports_neither_django_nor_anything_heavy(argument: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", STARTING, argument], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = eval(found.stdout.splitlines()[-1])
    heavy = {"django", "mlflow", "numpy", "pandas", "scipy", "httpx", "typer", "rich", "rest_framework"}
    assert not heavy & {name.split(".")[0] for name in loaded}


def test_asking_imports_neither_django_nor_mlflow() -> None:
    asking = "import sys, api.client, api.cli.check, api.cli.bundle, lineage.digests, governance.exports.verify"
    code = f"{asking}; print(sorted(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"django", "mlflow", "numpy", "scipy"} & {name.split(".")[0] for name in eval(found.stdout)}


def test_a_file_that_cannot_be_written_is_named_and_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder cannot be written"):
        write_file(tmp_path / "folder", b"x")
    with pytest.raises(OSError, match="nowhere/x cannot be written"):
        write_file(tmp_path / "nowhere" / "x", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("token", ["ew_SECRET\nEDGEWISE_URL=x", "ew_SECRET x", "ew_SECRÈT"])
def test_a_malformed_token_is_said_to_be_one_and_not_shown(token: str) -> None:
    with pytest.raises(Unreachable) as refusal:
        Client("http://127.0.0.1:9", token)
    assert "The token is malformed" in str(refusal.value)
    assert "SECR" not in str(refusal.value)
