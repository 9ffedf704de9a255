"""How long the gate takes over 50 dimensions, 40 groups and 5 contexts: `python -m benchmarks.gate`."""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from governance.evidence import decimals
from governance.evidence.records import ObservationData, Source
from governance.gates import engine, members
from governance.specs import reading
from governance.specs.effective import EffectiveCriterion, EffectiveSpecification, effective
from governance.specs.starter import starter

DIMENSIONS, GROUPS, CONTEXTS, ROUNDS = 50, 40, 5, 9
GOAL_MS = 300
MODEL = "a" * 64


def main() -> None:
    """Judge the same evidence in every context, several times; print median and quartiles of the whole."""
    jobs = [(asked, measured(asked)) for asked in (specification(f"c/{number}") for number in range(CONTEXTS))]
    # So that the collector is asked about what a judgement makes, not about the libraries and what was measured.
    gc.freeze()
    times = [_judge_all(jobs) for _ in range(ROUNDS + 1)][1:]
    low, median, high = statistics.quantiles(times, n=4)
    cells = DIMENSIONS * GROUPS * CONTEXTS
    print(f"{cells} cells in {CONTEXTS} contexts: {median:.0f} ms ({low:.0f}-{high:.0f}); goal {GOAL_MS} ms")


def specification(context: str) -> EffectiveSpecification:
    """Return what holds in `context`: one criterion for each dimension, over every group."""
    base = effective(reading.read(starter(key="outreach", schema="", today=date(2026, 1, 1))), context)
    groups = tuple(f"group-{number}" for number in range(GROUPS))
    return replace(base, criteria=tuple(_criterion(base.criteria[0], n, groups) for n in range(DIMENSIONS)))


def measured(asked: EffectiveSpecification) -> list[dict[str, Any]]:
    """Return what is stored of 150 to 300 cases for each criterion and group, between 75 and 100 % right."""
    chance = random.Random(asked.context)
    return [
        _observation(criterion, group, context=asked.context, n=chance.randint(150, 300), share=chance.uniform(0.75, 1))
        for criterion in asked.criteria
        for group in criterion.groups
    ]


def _judge_all(jobs: list[tuple[EffectiveSpecification, list[dict[str, Any]]]]) -> float:
    began = time.perf_counter()
    for asked, observations in jobs:
        engine.judge(effective=asked, subject=MODEL, observations=observations, approved_metrics=list(asked.metrics))
    return 1000 * (time.perf_counter() - began)


def _criterion(base: EffectiveCriterion, number: int, groups: tuple[str, ...]) -> EffectiveCriterion:
    return replace(base, dimension=f"dimension-{number}", metric=f"metric-{number}", groups=groups)


def _observation(criterion: EffectiveCriterion, group: str, *, context: str, n: int, share: float) -> dict[str, Any]:
    successes = round(n * share)
    observation = ObservationData(
        dimension=criterion.dimension,
        metric=criterion.metric,
        group=group,
        context=context,
        aggregate="proportion",
        n=n,
        successes=successes,
        estimate=decimals.text(Fraction(successes, n)),
        sd=None,
        alpha="0.05",
        method=criterion.bound,
        low=None,
        high=None,
        ladder=(),
        values_digest="b" * 64,
        source=Source(evidence="run", subject=MODEL, level=criterion.level),
    )
    stored: dict[str, Any] = members.plain(observation)
    return stored


if __name__ == "__main__":
    main()
