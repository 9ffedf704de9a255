"""What the worker of a real site holds while it reads ten million records: `python -m benchmarks.worker`.

A site, a worker and a PostgreSQL of their own; `edgewise evidence --file` sends the file in parts, and the processes of
the worker's pool are watched until the evaluation is recorded: the peak that the kernel keeps of each (VmHWM), and its
proportional share of memory (PSS), looked at again and again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import intake
from config import bootstrap
from config.processes import Stack

GOAL = 1000
"""In megabytes (10^6 bytes): what the reading process holds is to stay below it."""
LOOK_EVERY = 0.05
MAPPING = "{case_id: case_id, values: {score: score}, context_is: '*', attributes: {group: group}}"
GROUPS: dict[str, dict[str, object]] = {
    "excellent-health": {"column": "group", "equals": "group-0"},
    "good-health": {"column": "group", "equals": "group-1"},
    "fair-health": {"column": "group", "equals": "group-2"},
    "poor-health": {"column": "group", "equals": "group-3"},
    "limited": {"column": "group", "in": ["group-4", "group-5", "group-6", "group-7"]},
}
ASKED = {
    "metric: recall": "metric: score",
    "aggregate: proportion": "aggregate: mean",
    "unit: proportion": "unit: points",
    "threshold: 0.7": "threshold: 2.7",
    "bound: clopper-pearson": "bound: bca",
}
"""What the tests' specification says of a proportion, and what is said here of a mean with a bootstrap."""


def main() -> None:
    """Send a file in one format, or one in each to a site of its own; print seconds and megabytes."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--form", choices=list(intake.WRITERS))
    given = asked.parse_args()
    if not given.form:
        for form in intake.WRITERS:
            command = [sys.executable, "-m", "benchmarks.worker", "--rows", str(given.rows), "--form", form]
            subprocess.run(command, check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"cases.{given.form}"
        # In a process of its own: what a parent once held counts for its children.
        intake.written(given.form, file, rows=given.rows)
        told = f"{given.rows} records, {file.stat().st_size // 10**6} MB of {given.form}"
        print(f"{told}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        _measure(file)


def _measure(file: Path) -> None:
    secrets: list[str] = []
    chosen = Stack(
        data_dir=file.parent / "site",
        services=("worker", "web"),
        site_port=0,
        prepare=lambda stack: secrets.append(_prepared(stack)),
        say=lambda _: None,
    )
    with chosen as stack:
        [worker] = (child.pid for child in stack.children if child.service.name == "worker")
        before = _held(worker)
        began = time.perf_counter()
        with _watched(worker) as most:
            _send(stack.site_url, secrets[0], file)
        seconds = time.perf_counter() - began
    print(f"  sent, read and recorded in {seconds:.0f} s; goal: below {GOAL} MB")
    for what, megabytes in most.items():
        print(f"  {what}: {megabytes:.0f} MB at most, {before[what]:.0f} before")


def _prepared(stack: Stack) -> str:
    """Make the installation as the tests do, and return its engineer's token."""
    bootstrap.load(stack.environment)
    from django.core.management import call_command

    call_command("prepare_database", verbosity=0)
    from governance.accounts import services as accounts
    from governance.systems.roles import SCOPES
    from tests.factories.world import SPECIFICATION, World

    world = World.begin()
    for key, selector in GROUPS.items():
        world.declare(key, selector)
    text = SPECIFICATION
    for said, instead in ASKED.items():
        text = text.replace(said, instead)
    world.ratify(text)
    world.register()
    now = datetime.now(UTC)
    _, secret = accounts.issue_token(
        user=world.people.engineer,
        label="benchmark",
        scopes=sorted(SCOPES - {"administer"}),
        expires_at=now + timedelta(hours=1),
        by=world.people.engineer,
        at=now,
    )
    return secret


def _send(url: str, secret: str, file: Path) -> None:
    mapping = file.with_name("mapping.yaml")
    mapping.write_text(MAPPING)
    command = [sys.executable, "-c", "import sys; from api.cli.main import main; sys.exit(main())", "evidence"]
    said = ["models:/outreach-model/1", "--system", "outreach", "--file", str(file), "--mapping", str(mapping)]
    where = ["--evaluated-at", datetime.now(UTC).isoformat(), "--url", url, "--token", secret]
    subprocess.run([*command, *said, *where], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def _watched(worker: int) -> Iterator[dict[str, float]]:
    """Give the most that any process of a worker's pool holds, as it is known at the end."""
    most, is_over = _held(worker), threading.Event()

    def watch() -> None:
        while not is_over.wait(LOOK_EVERY):
            most.update({what: max(most[what], found) for what, found in _held(worker).items()})

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        is_over.set()
        watcher.join()


def _held(worker: int) -> dict[str, float]:
    """What the largest process of a worker's pool holds now, in megabytes."""
    pool = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
    held = {"peak RSS": ("status", "VmHWM"), "PSS": ("smaps_rollup", "Pss")}
    return {what: max(_megabytes(pid, *where) for pid in pool) for what, where in held.items()}


def _megabytes(pid: str, file: str, name: str) -> float:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
