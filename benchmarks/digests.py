"""What it takes to hash a model of one GiB, from a folder and through a real MLflow, beside SHA-256 alone.

Every measurement is a process of its own, so that its most memory is its own; importing is not timed. The order is
shuffled anew for each round.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MIB = 1 << 20
FILES = {"data/weights.bin": 768, **{f"data/shard-{number:02}.bin": 16 for number in range(16)}}
"""Paths → size in MiB, one GiB together."""
PLACE = "mlflow-artifacts:/bench/model"
BARE = "SHA-256 alone"


def main() -> None:
    """Measure in rounds and print a table; with --one, do one measurement and print it as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--one", choices=WAYS)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--url", default="")
    given = asked.parse_args()
    if given.one:
        json.dump(_measured(WAYS[given.one](given.folder, given.url)), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "model")
        _write(folder)
        with _mlflow(Path(place, "mlflow"), folder) as url:
            rounds = [_round(folder, url, random.Random(number)) for number in range(given.rounds)]
    _report(rounds)


def _bare(folder: Path, _: str) -> Callable[[], object]:
    def run() -> None:
        for name in FILES:
            digest = hashlib.sha256()
            with Path(folder, name).open("rb") as stream:
                while chunk := stream.read(MIB):
                    digest.update(chunk)

    return run


def _edgewise(folder: Path, _: str) -> Callable[[], object]:
    from lineage.digests import hash_folder

    return lambda: hash_folder(folder)


def _through_mlflow(_: Path, url: str) -> Callable[[], object]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from lineage.registry import Registry

    registry = Registry(url=url, timeout=60)
    return lambda: registry.hash_model(uri=PLACE)


def _only_received(_: Path, url: str) -> Callable[[], object]:
    import httpx

    def run() -> None:
        with httpx.Client(base_url=url, timeout=60) as http:
            for name in FILES:
                with http.stream("GET", f"/api/2.0/mlflow-artifacts/artifacts/bench/model/{name}") as answer:
                    for _ in answer.iter_raw():
                        pass

    return run


def _model_signing(folder: Path, _: str) -> Callable[[], object]:
    from model_signing.hashing import Config

    return lambda: Config().use_file_serialization().hash(folder)


WAYS: dict[str, Callable[[Path, str], Callable[[], object]]] = {
    BARE: _bare,
    "Edgewise, a folder": _edgewise,
    "model_signing, a folder": _model_signing,
    "Edgewise, through MLflow": _through_mlflow,
    "receiving from MLflow, nothing hashed": _only_received,
}


def _measured(run: Callable[[], object]) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    run()
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "megabytes": most / 1024, "grown": (most - before) / 1024}


def _round(folder: Path, url: str, chance: random.Random) -> dict[str, dict[str, float]]:
    found = {}
    for name in chance.sample(list(WAYS), len(WAYS)):
        command = [sys.executable, "-m", "benchmarks.digests", "--one", name, "--folder", str(folder), "--url", url]
        found[name] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _write(folder: Path) -> None:
    for name, size in FILES.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as stream:
            for _ in range(size):
                stream.write(random.randbytes(MIB))


class _mlflow:  # noqa: N801
    """A real MLflow server of one worker that serves `model` at PLACE; its address."""

    def __init__(self, folder: Path, model: Path) -> None:
        from config.processes import Stack

        folder.mkdir()
        self._stack = Stack(data_dir=folder, services=("mlflow",), site_port=0, mlflow_port=0)
        self._model = model

    def __enter__(self) -> str:
        import httpx

        url = self._stack.__enter__().mlflow_url
        for name in FILES:
            place = f"{url}/api/2.0/mlflow-artifacts/artifacts/bench/model/{name}"
            httpx.put(place, content=_pieces(self._model / name), timeout=300).raise_for_status()
        return url

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _pieces(place: Path) -> Iterator[bytes]:
    with place.open("rb") as stream:
        while chunk := stream.read(MIB):
            yield chunk


def _report(rounds: list[dict[str, dict[str, float]]]) -> None:
    print("| | seconds | time of SHA-256 alone × | most memory, MB | of it while hashing |")
    print("|---|---|---|---|---|")
    for name in WAYS:
        seconds = statistics.median(each[name]["seconds"] for each in rounds)
        low, middle, high = statistics.quantiles(
            (each[name]["seconds"] / each[BARE]["seconds"] for each in rounds), n=4
        )
        most, grown = (max(each[name][key] for each in rounds) for key in ("megabytes", "grown"))
        print(f"| {name} | {seconds:.2f} | **{middle:.2f}** ({low:.2f}–{high:.2f}) | {most:.0f} | {grown:.0f} |")


if __name__ == "__main__":
    main()
