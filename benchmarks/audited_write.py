"""What an audited write costs: against the same write without audit, and against three audit packages for Django.

A ratio compares two contestants inside the same round, so that what else the machine does weighs on both alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Iterator

from benchmarks import environment, rounds
from benchmarks.rounds import Slot

GOALS = {"bare": 1.35, "django-pghistory + context": 1.10, "django-auditlog": 0.80, "django-simple-history": 0.80}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its table in Markdown."""
    options = _options(arguments)
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with environment.prepared():
        from django.db import connections

        from benchmarks.contestants import CONTESTANTS, check

        check()
        connections.close_all()
        chosen = {name: write for name, write in CONTESTANTS.items() if not options.only or name in options.only}
        for writers in options.writers:
            measured = rounds.run(
                chosen, writers=writers, rounds=options.rounds, seconds=options.seconds, seed=options.seed
            )
            print("\n".join(_table(writers, measured)), flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 8, 16])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one slot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], help="contestants by name; bare and edgewise always belong")
    options = parser.parse_args(arguments)
    options.only = options.only and ["bare", "edgewise", *options.only]
    return options


def _table(writers: int, measured: list[dict[str, Slot]]) -> Iterator[str]:
    yield f"### {writers} writer{'s' if writers > 1 else ''}, {len(measured)} rounds\n"
    yield "| | writes/s | median write, ms | time of bare × | edgewise takes × of it | goal |"
    yield "|---|---|---|---|---|---|"
    for name in measured[0]:
        rate = statistics.median(slots[name].rate for slots in measured)
        median = statistics.median(slots[name].median for slots in measured) * 1000
        over_bare = _quartiles([slots["bare"].rate / slots[name].rate for slots in measured])
        of_it = _quartiles([slots[name].rate / slots["edgewise"].rate for slots in measured])
        goal = f"≤ {GOALS[name]:.2f}" if name in GOALS else ""
        yield f"| {name} | {rate:.0f} | {median:.2f} | {over_bare} | {of_it} | {goal} |"
    yield ""


def _quartiles(ratios: list[float]) -> str:
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return f"**{middle:.2f}** ({low:.2f}–{high:.2f})"
