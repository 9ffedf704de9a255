"""How long walking the lineage takes with a million nodes and three million edges: `python -m benchmarks.graph`.

The same walks by Edgewise, and by the plain recursive query over the view of edges that it had before; interleaved. The
plain one takes minutes, so it walks `--plain` times only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import time
from collections.abc import Callable

from benchmarks import environment, graph_world

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "governance.audit", "lineage"]
PLAIN = """
WITH RECURSIVE reached(kind, id) AS (
    SELECT %s::text, %s::bigint
UNION
    SELECT edge.{next}_kind, edge.{next}_id FROM reached
      JOIN lineage_edge edge ON edge.{here}_kind = reached.kind AND edge.{here}_id = reached.id
)
SELECT kind, id FROM reached
"""
COMMIT = "commit:" + hashlib.md5(b"7").hexdigest()[:12]
Walk = Callable[[], int]


def main() -> None:
    """Fill a server of the benchmark's own; print medians and quartiles of each walk and of the ratios."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--plain", type=int, default=3, help="rounds in which the plain query walks too")
    asked.add_argument("--projects", type=int, default=graph_world.PROJECTS)
    given = asked.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with environment.prepared(APPS):
        graph_world.fill(given.projects)
        print("{} nodes, {} edges".format(*_sizes()), flush=True)
        for name, (edgewise, plain) in _walks().items():
            _compare(name, edgewise, plain, rounds=given.rounds, plain_rounds=given.plain)


def _compare(name: str, edgewise: Walk, plain: Walk | None, *, rounds: int, plain_rounds: int) -> None:
    edgewise()
    ours: list[float] = []
    ratios: list[float] = []
    for number in range(rounds):
        found, took = _timed(edgewise)
        ours.append(took)
        if plain and number < plain_rounds:
            same, longer = _timed(plain)
            if same != found:
                raise RuntimeError(f"{name}: {found} and {same}")
            ratios.append(longer / took)
    print(f"{name} ({found}): {_quartiles(ours)} ms", flush=True)
    if ratios:
        print(f"  the plain query takes {_quartiles(ratios)} times as long", flush=True)


def _walks() -> dict[str, tuple[Walk, Walk | None]]:
    from datetime import UTC, datetime

    from lineage.finding import named
    from lineage.selectors import graph, inputs_of
    from lineage.walking import links, reached

    last, now = graph_world.VERSIONS, datetime.now(UTC)
    dataset, version = ("dataset", 1), ("version", last)
    whole = reached([dataset], up=False)
    return {
        "down from a dataset": (lambda: len(reached([dataset], up=False)), lambda: _plain(dataset, up=False)),
        "up from a version": (lambda: len(reached([version], up=True)), lambda: _plain(version, up=True)),
        "down, as known now": (lambda: len(reached([dataset], up=False, as_of=now)), None),
        "links of all that": (lambda: len(links(whole)), None),
        "the whole graph of it with details": (lambda: len(graph(whole).nodes), None),
        "what one run used": (lambda: len(inputs_of(graph_world.RUNS)), None),
        "a dataset by its name": (lambda: len(named("dataset:data-7")), None),
        "the runs of a commit": (lambda: len(named(COMMIT)), None),
    }


def _plain(start: tuple[str, int], *, up: bool) -> int:
    from django.db import connection

    here, following = ("to", "from") if up else ("from", "to")
    with connection.cursor() as cursor:
        cursor.execute(PLAIN.format(here=here, next=following), start)
        return len(cursor.fetchall())


def _sizes() -> tuple[int, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM lineage_node), (SELECT count(*) FROM lineage_edge)")
        nodes, edges = cursor.fetchone()
    return nodes, edges


def _timed(walk: Walk) -> tuple[int, float]:
    began = time.perf_counter()
    found = walk()
    return found, 1000 * (time.perf_counter() - began)


def _quartiles(figures: list[float]) -> str:
    low, median, high = statistics.quantiles(figures, n=4) if len(figures) > 1 else figures * 3
    return f"{median:.1f} ({low:.1f}-{high:.1f})"


if __name__ == "__main__":
    main()
