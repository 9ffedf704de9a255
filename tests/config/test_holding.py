"""A data folder has one stack at a time, and what a killed one left running is ended by the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.processes import ProcessFailed
from config.processes.child import members
from config.processes.holding import FILE, held, started_at
from tests.database import ROOT

SLEEPER = "import time; time.sleep(600)"
HOLDER = """
import signal, subprocess, sys
from pathlib import Path
from config.processes.holding import held
with held(Path(sys.argv[1])) as holding:
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2]], start_new_session=True, stdout=subprocess.DEVNULL)
    holding.add(child.pid)
    print(child.pid, flush=True)
    signal.pause()
"""


def holder(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Return a process that holds `folder`, and the child it started there."""
    command = [sys.executable, "-c", HOLDER, str(folder), SLEEPER]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_folder_that_is_held_is_refused_by_naming_the_holder(tmp_path: Path) -> None:
    process, child = holder(tmp_path)
    with pytest.raises(ProcessFailed, match=rf"is in use: process {process.pid} runs"), held(tmp_path):
        pass
    assert members(child) == [child]
    kill(process)
    with held(tmp_path):
        assert members(child) == []


def test_what_a_killed_stack_left_running_is_ended_by_the_next(tmp_path: Path) -> None:
    process, child = holder(tmp_path)
    kill(process)
    assert members(child) == [child]
    with held(tmp_path):
        assert members(child) == []


@pytest.mark.parametrize("then", ["", "another boot 1"])
def test_a_process_that_only_has_the_number_of_one_that_was_left_is_spared(tmp_path: Path, then: str) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    try:
        children = [{"pid": bystander.pid, "started": then}]
        (tmp_path / FILE).write_text(json.dumps({"pid": 1, "children": children}))
        with held(tmp_path):
            assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait(timeout=20)


def test_a_file_that_was_half_written_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"pid": 1, "chil')
    with held(tmp_path):
        assert json.loads((tmp_path / FILE).read_text()) == {"pid": os.getpid(), "children": []}


def test_a_process_that_is_not_there_has_not_started() -> None:
    assert started_at(os.getpid())
    assert started_at(2**22 + 1) == ""
