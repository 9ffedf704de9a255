"""How long a site takes to answer a webhook of MLflow: `python -m benchmarks.hooks`.

A real site on a real PostgreSQL, asked over one connection; beside each hint the cheapest answer that the site has,
which reads no database.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import bootstrap
from config.processes import Stack

HINTS, GOAL_MS = 2_000, 50
BODY = b'{"entity": "model_version_alias", "action": "created", "data": {"name": "outreach-model", "alias": "live"}}'


def main() -> None:
    """Send hints and ask for the bare answer by turns; print median, 99th percentile and the longest of each."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = Stack(data_dir=Path(folder), services=("web",), site_port=0, prepare=_prepare, say=lambda _: None)
        with chosen as stack:
            _compare(stack.site_url)


def _prepare(stack: Stack) -> None:
    bootstrap.load(stack.environment)
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone

    call_command("prepare_database", verbosity=0)
    from lineage import hooks, sync

    with transaction.atomic():
        hooks.renew(sync.connect(key="main", url="http://127.0.0.1:9"), at=timezone.now())


def _compare(url: str) -> None:
    import httpx

    from lineage import hooks
    from lineage.models import Hook

    secret = hooks.secret(Hook.objects.get())
    with httpx.Client(base_url=url) as http:
        ways: dict[str, Callable[[], Any]] = {
            "hint": lambda: _hint(http, secret),
            "bare answer": lambda: http.get("/schemas/specification/v1").raise_for_status(),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(HINTS):
            for name in random.sample(list(ways), len(ways)):
                began = time.perf_counter()
                ways[name]()
                times[name].append(1000 * (time.perf_counter() - began))
    for name, took in times.items():
        marks = statistics.quantiles(took, n=100)
        print(f"{name}: median {marks[49]:.1f} ms, p99 {marks[98]:.1f} ms, longest {max(took):.1f} ms")
    print(f"goal: below {GOAL_MS} ms")


def _hint(http: Any, secret: str) -> None:
    from lineage import hooks

    delivery, timestamp = str(uuid.uuid4()), str(int(time.time()))
    signature = hooks.signature(secret, delivery=delivery, timestamp=timestamp, body=BODY)
    headers = {hooks.DELIVERY: delivery, hooks.TIMESTAMP: timestamp, hooks.SIGNATURE: signature}
    http.post("/hooks/mlflow/main", content=BODY, headers=headers).raise_for_status()


if __name__ == "__main__":
    main()
