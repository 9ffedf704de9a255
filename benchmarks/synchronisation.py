"""What it takes to mirror a whole MLflow: `python -m benchmarks.synchronisation`.

A real MLflow server of one worker holds versions with a run, a data set and a logged model each. Each round measures,
in an order shuffled anew: the very requests of a full synchronisation, sent again with nothing read out of their
answers (*bare*); a full synchronisation into empty tables; the requests of one that finds nothing changed; and that
one. Not inside: hashing files, and one request for each new run, which shows which models it used.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from config import embedded
from config.processes import ports

DATA_DIR = Path(__file__).resolve().parent.parent / "var" / "bench"
GOALS = {"full": 1.3, "unchanged": 1.5}
"""Of memory the goal is 300 MB at 50 000 versions."""


def main() -> None:
    """Load the server, run the rounds in processes of their own, and print medians with quartiles."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--versions", type=int, default=5000)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--store", type=Path, help="keep the loaded MLflow here, and use it again")
    asked.add_argument("--measure", nargs=3, metavar=("WHAT", "URL", "KEY"), help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.measure:
        what, url, key = given.measure
        print(json.dumps(replay(url, Path(key)) if what == "replay" else synchronise(url, key)))
        return
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        store = given.store or Path(folder) / "store"
        if not store.exists():
            _python("benchmarks.tracking", str(store), str(given.versions))
        embedded.remove(DATA_DIR)
        with embedded.running(DATA_DIR), _served(store) as url:
            _set_up()
            _migrate()
            _tell(_rounds(url, Path(folder), rounds=given.rounds, chance=random.Random(given.seed)))
        embedded.remove(DATA_DIR)


def _rounds(url: str, folder: Path, *, rounds: int, chance: random.Random) -> list[dict[str, dict[str, Any]]]:
    requests = {}
    for name in ("full", "unchanged"):
        requests[name] = folder / f"{name}.json"
        requests[name].write_text(json.dumps(_measured("synchronise", url, "first")["requests"]))
    measured = []
    for number in range(rounds):
        this: dict[str, dict[str, Any]] = {}
        for name in chance.sample(["full", "unchanged"], 2):
            # A server's name that is new has empty tables; one that was read before finds nothing changed.
            key = f"round-{number}" if name == "full" else "first"
            for what in chance.sample(["bare", "edgewise"], 2):
                is_bare = what == "bare"
                figures = (
                    _measured("replay", url, str(requests[name])) if is_bare else _measured("synchronise", url, key)
                )
                this[f"{what} {name}"] = figures
        measured.append(this)
        print(
            "  " + ", ".join(f"{name} {figures['seconds']:.2f} s" for name, figures in sorted(this.items())), flush=True
        )
    return measured


def synchronise(url: str, key: str) -> dict[str, Any]:
    """Read everything that searches show of the server at `url` into the rows of the tracking server `key`."""
    _set_up()
    from lineage import sync
    from lineage.bulk import BulkRegistry
    from lineage.models import ModelVersion, SyncReport
    from lineage.reading import Reading

    server = sync.connect(key=key, url=url)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    report = SyncReport.objects.create(server=server, started_at=at)
    sent: list[list[str]] = []
    with BulkRegistry.of(server) as registry:
        registry._http._client.event_hooks["request"].append(lambda request: sent.append(_written(request)))
        began = time.perf_counter()
        Reading(registry=registry, report=report, at=at).read_pages(None)
        seconds = time.perf_counter() - began
    versions = ModelVersion.objects.filter(
        registered_model__server=server, run__isnull=False, logged_model__isnull=False
    )
    return _figures(seconds) | {"versions": versions.count(), "requests": sent}


def replay(url: str, requests: Path) -> dict[str, Any]:
    """Send what was sent before, and let the answers pass by."""
    sent = json.loads(requests.read_text())
    with httpx.Client(base_url=url, timeout=60) as client:
        began = time.perf_counter()
        for method, place, body in sent:
            headers = {"Content-Type": "application/json"} if body else {}
            with client.stream(method, place, content=body.encode(), headers=headers) as answer:
                answer.raise_for_status()
                for _ in answer.iter_raw():
                    pass
        return _figures(time.perf_counter() - began)


def _written(request: httpx.Request) -> list[str]:
    return [request.method, request.url.raw_path.decode(), request.content.decode()]


def _figures(seconds: float) -> dict[str, Any]:
    return {"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _measured(what: str, url: str, key: str) -> dict[str, Any]:
    return dict(json.loads(_python("benchmarks.synchronisation", "--measure", what, url, key)))


def _python(module: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def _served(store: Path) -> Iterator[str]:
    with ports.reserved(0, service="mlflow", say=print) as port:
        pass
    command = [sys.executable, "-W", "ignore", "-m", "config.processes.tracking", str(store), str(port)]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with subprocess.Popen(
        command, env=os.environ | quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not ports.answers(port, "/health"):
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _set_up() -> None:
    urls = embedded.database_urls(DATA_DIR)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EDGEWISE_PRODUCTION": "false",
        "DATABASE_URL": urls.application,
        "DATABASE_OWNER_URL": urls.owner,
    }
    import django

    django.setup()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0)
    connections.close_all()


def _tell(measured: list[dict[str, dict[str, Any]]]) -> None:
    print(f"\n{measured[0]['edgewise full']['versions']} versions, {len(measured)} rounds\n")
    print("| | bare, s | Edgewise, s | time of bare × | goal | most memory, MB |\n|---|---|---|---|---|---|")
    for name, goal in GOALS.items():
        bare, own = ([each[f"{what} {name}"]["seconds"] for each in measured] for what in ("bare", "edgewise"))
        ratio = _quartiles([one / other for one, other in zip(own, bare, strict=True)])
        most = max(each[f"edgewise {name}"]["megabytes"] for each in measured)
        print(f"| {name} | {_quartiles(bare)} | {_quartiles(own)} | **{ratio}** | ≤ {goal} | {most:.0f} |")


def _quartiles(figures: list[float]) -> str:
    low, median, high = statistics.quantiles(figures, n=4) if len(figures) > 1 else figures * 3
    return f"{median:.2f} ({low:.2f}–{high:.2f})"


if __name__ == "__main__":
    main()
