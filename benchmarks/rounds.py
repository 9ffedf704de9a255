"""Forked writers that step through all contestants in short slots, in an order shuffled anew for each round."""

from __future__ import annotations

import gc
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Contestants = Mapping[str, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Slot:
    """What all writers did with one contestant in one round: writes a second, and the median write in seconds."""

    rate: float
    median: float


def run(contestants: Contestants, *, writers: int, rounds: int, seconds: float, seed: int) -> list[dict[str, Slot]]:
    """Return, for each round, each contestant's slot of `seconds`, written by `writers` processes at once."""
    chance = random.Random(seed)
    orders = [chance.sample(list(contestants), len(contestants)) for _ in range(rounds)]
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(writers), fork.Queue()
    work = (contestants, orders, seconds, barrier, results)
    processes = [fork.Process(target=_write, args=work) for _ in range(writers)]
    for process in processes:
        process.start()
    reports = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return [
        {name: _slot([report[i][name] for report in reports], seconds) for name in contestants} for i in range(rounds)
    ]


def _write(contestants: Contestants, orders: list[list[str]], seconds: float, barrier: Any, results: Any) -> None:
    from django.db import connections

    connections.close_all()
    for write in contestants.values():
        write()
    gc.freeze()
    report = []
    for order in orders:
        report.append({})
        for name in order:
            barrier.wait()
            report[-1][name] = _timed(contestants[name], seconds)
    results.put(report)
    connections.close_all()


def _timed(write: Callable[[], None], seconds: float) -> list[float]:
    times, now = [], time.perf_counter()
    end = now + seconds
    while now < end:
        write()
        before, now = now, time.perf_counter()
        times.append(now - before)
    return times


def _slot(times: list[list[float]], seconds: float) -> Slot:
    every = [one for writer in times for one in writer]
    rate = sum(len(writer) / max(sum(writer), seconds) for writer in times)
    return Slot(rate=rate, median=statistics.median(every))
