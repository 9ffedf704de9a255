"""How long ten million records take from a file to bounds for each group: `python -m benchmarks.intake`.

fairlearn and Edgewise read the same Parquet file and give the mean of a score for each of eight groups with a bootstrap
interval: fairlearn by `MetricFrame` with `n_boot` resamples, Edgewise by 9 999 of BCa, with every check of its intake
and the file's digest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

GROUPS = tuple(f"group-{number}" for number in range(8))
EVERYBODY = "all"
GOAL = 5.0
MOST_MEMORY = 1000
"""In megabytes."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What is asked: the mean score of everybody and of every group, by bootstrap."""

    dimension: str = "quality"
    metric: str = "score"
    aggregate: str = "mean"
    alpha: Decimal = Decimal("0.05")
    bound: str = "bca"
    groups: tuple[str, ...] = (EVERYBODY, *GROUPS)


def main() -> None:
    """Run both, one after the other, in processes of their own; print medians, quartiles and the goal."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--resamples", type=int, default=10, help="of fairlearn; each takes it some 20 s")
    asked.add_argument("--measure", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.measure:
        what, file = given.measure
        print(json.dumps((CONTESTANTS | WRITERS)[what](Path(file), given.resamples)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.parquet"
        written("parquet", file, rows=given.rows)
        print(f"{given.rows} records, {file.stat().st_size // 10**6} MB of Parquet; fairlearn draws {given.resamples}")
        rounds = [
            {what: _measured(what, file, resamples=given.resamples) for what in CONTESTANTS}
            for _ in range(given.rounds)
        ]
    for what in CONTESTANTS:
        _tell(what, [each[what]["seconds"] for each in rounds], "s")
        _tell(what, [each[what]["megabytes"] for each in rounds], "MB at most")
    ratios = [each["fairlearn"]["seconds"] / each["edgewise"]["seconds"] for each in rounds]
    _tell(f"fairlearn takes (goal {GOAL:g} or more)", ratios, "x as long")


def written(form: str, file: Path, *, rows: int) -> None:
    """Write `rows` records in a format of WRITERS, in a process of its own: what a parent once held counts for its
    children."""
    _run(form, file, resamples=rows)


def write_parquet(file: Path, rows: int) -> dict[str, float]:
    """Write `rows` records: a case id, a score of four digits and a group."""
    import numpy as np
    import pyarrow
    from pyarrow import parquet

    chance = np.random.default_rng(1)
    columns = {
        "case_id": pyarrow.array(f"case-{number}" for number in range(rows)),
        "score": np.round(chance.normal(3, 1, rows), 4),
        "group": pyarrow.array(np.array(GROUPS)[chance.integers(0, len(GROUPS), rows)]),
    }
    parquet.write_table(pyarrow.table(columns), file)
    return {}


def write_lines(file: Path, rows: int) -> dict[str, float]:
    """Write such records as JSON lines."""
    import random

    chance = random.Random(1)
    with file.open("w") as opened:
        for number in range(rows):
            score, group = round(chance.gauss(3, 1), 4), chance.choice(GROUPS)
            opened.write(f'{{"case_id": "case-{number}", "score": {score}, "group": "{group}"}}\n')
    return {}


WRITERS = {"parquet": write_parquet, "jsonl": write_lines}


def edgewise(file: Path, resamples: int) -> dict[str, float]:
    """Measure Edgewise; it draws as many resamples as it always does."""
    del resamples
    from governance.evidence import aggregation, formats
    from governance.evidence.formats import mapping
    from governance.evidence.records import Source

    declared = mapping.read("{case_id: case_id, values: {score: score}, context_is: '*', attributes: {group: group}}")
    began = time.perf_counter()
    with file.open("rb") as opened:
        hashlib.file_digest(opened, "sha256")
        found = mapping.cases(formats.read(opened, name=file.name)[1], declared)
        observed = aggregation.observations(
            found.cases,
            [Criterion()],
            {group: {"column": "group", "equals": group} for group in GROUPS},
            context="eu/helpdesk",
            source=Source(evidence="file", subject="a" * 64, level="response"),
        )
    return _figures(began, [(float(o.low or 0), float(o.high or 0)) for o in observed])


def fairlearn(file: Path, resamples: int) -> dict[str, float]:
    """Measure fairlearn."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame, mean_prediction

    began = time.perf_counter()
    table = pd.read_parquet(file, columns=["score", "group"])
    frame = MetricFrame(
        metrics=mean_prediction,
        y_true=table["score"],
        y_pred=table["score"],
        sensitive_features=table["group"],
        n_boot=resamples,
        ci_quantiles=[0.05, 0.95],
        random_state=1,
    )
    low, high = frame.by_group_ci
    return _figures(began, list(zip(low, high, strict=True)))


CONTESTANTS = {"edgewise": edgewise, "fairlearn": fairlearn}


def _figures(began: float, bounds: list[tuple[float, float]]) -> dict[str, float]:
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": most, "width": statistics.mean(high - low for low, high in bounds)}


def _measured(what: str, file: Path, *, resamples: int) -> dict[str, float]:
    found = _run(what, file, resamples=resamples)
    figures = f"{found['seconds']:.1f} s, {found['megabytes']:.0f} MB, mean width {found['width']:.6f}"
    print(f"  {what}: {figures}", flush=True)
    return found


def _run(what: str, file: Path, *, resamples: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.intake", "--resamples", str(resamples), "--measure", what, str(file)]
    found: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def _tell(what: str, figures: list[float], unit: str) -> None:
    low, median, high = statistics.quantiles(figures, n=4) if len(figures) > 1 else figures * 3
    print(f"{what}: {median:.1f} {unit} ({low:.1f}-{high:.1f})")


if __name__ == "__main__":
    main()
