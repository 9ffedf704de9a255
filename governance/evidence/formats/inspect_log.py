"""Logs of Inspect (UK AI Security Institute): `.json`, or `.eval`, a ZIP of `header.json` and `samples/*.json`. Pure.

Format: "Log Files" in Inspect's documentation, version 2. A sample that ran for several epochs is one case, whose score
is the mean over them, as Inspect itself reduces it.
"""

from __future__ import annotations

import lzma
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from governance.errors import Invalid
from governance.evidence.formats.table import (
    MOST_AT_ONCE,
    Cell,
    Row,
    Table,
    batches_of,
    exact,
    figure,
    flat,
    size_of,
    unreadable,
    whole,
)

LETTERS = {"C": Decimal(1), "P": Decimal("0.5"), "I": Decimal(0), "N": Decimal(0)}
"""What Inspect counts for correct, partial, incorrect and no answer."""
HEADER, SAMPLES = "header.json", "samples/"
SUMMED_UP = ("accuracy", "mean")
REMEDY = "Give the log as Inspect wrote it: inspect eval --log-format eval or json."


def looks_like_one(file: IO[bytes]) -> bool:
    """Return whether JSON begins as a log of Inspect does."""
    file.seek(0)
    return b'"eval"' in file.read(4096)


def read(file: IO[bytes]) -> Table:
    """Return one row for each sample: `id`, `metadata.NAME`, and `scores.SCORER` (or `scores.SCORER.KEY`).

    Raises Invalid for what is no log, for an evaluation that did not finish, and for one that was invalidated.
    """
    size_of(file)
    try:
        log, samples = _archive(file) if file.read(2) == b"PK" else _document(whole(file))
        _check_finished(log)
        rows, places = _rows(samples)
        measured_at = datetime.fromisoformat(log["eval"]["created"])
        return Table(batches=batches_of(rows, places), claims=_claims(log), measured_at=measured_at)
    except Invalid:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise unreadable("log", f"this is no log of Inspect: {error!r}.", REMEDY) from error


def _document(data: bytes) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    log = exact(data.decode("utf-8"))
    return log, log.get("samples") or []


def _archive(file: IO[bytes]) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    damaged = _damages()
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [m.filename for m in members if m.filename.startswith(SAMPLES) and m.filename.endswith(".json")]
            return exact(_member(archive, HEADER)), [_slim(exact(_member(archive, name))) for name in names]
    except damaged as error:
        raise unreadable("log", f"the archive is damaged: {error}.", REMEDY) from error


def _damages() -> tuple[type[Exception], ...]:
    """Return what a damaged archive raises, by every way of packing."""
    if sys.version_info < (3, 14):
        # Inspect packs with Zstandard, which Python's own zipfile knows from 3.14 on; importing this teaches it.
        import zipfile_zstd  # noqa: F401
        from zstandard import ZstdError
    else:
        from compression.zstd import ZstdError

    known = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError)
    return (*known, ZstdError)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member, and never more than its share of memory, whatever the archive says of itself."""
    with archive.open(name) as member:
        content = member.read(MOST_AT_ONCE + 1)
    if len(content) > MOST_AT_ONCE:
        raise unreadable("log", f"{name[:80]} unpacks to over {MOST_AT_ONCE} bytes.", REMEDY)
    return content


def _slim(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is read of a sample: its transcript is most of a log, and only one is in memory at a time."""
    return {name: sample[name] for name in ("id", "epoch", "metadata", "scores") if name in sample}


def _check_finished(log: Mapping[str, Any]) -> None:
    if log["status"] != "success":
        raise unreadable("log", f"the evaluation ended with status {log['status']!r}.", "Run it to its end.")
    if log.get("invalidated"):
        raise unreadable("log", "the evaluation was invalidated in Inspect.", "Run it anew.")


def _rows(samples: Sequence[Mapping[str, Any]]) -> tuple[list[Row], list[str]]:
    epochs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for sample in samples:
        epochs[str(sample["id"])].append(sample)
    return [_row(name, same) for name, same in epochs.items()], [f"sample {name[:80]}" for name in epochs]


def _row(name: str, epochs: Sequence[Mapping[str, Any]]) -> Row:
    metadata = flat(epochs[0].get("metadata") or {}, "metadata.")
    every = [dict(_scores(sample)) for sample in epochs]
    scores = {
        score: _mean([found.get(score) for found in every]) for score in {key for found in every for key in found}
    }
    return {"id": name, **metadata, **scores}


def _scores(sample: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for scorer, score in (sample.get("scores") or {}).items():
        value = score["value"]
        if isinstance(value, Mapping):
            yield from ((f"scores.{scorer}.{key}", _number(part)) for key, part in value.items())
        else:
            yield f"scores.{scorer}", _number(value)


def _number(value: Any) -> Cell:
    if isinstance(value, str):
        return LETTERS.get(value, value)
    return value if isinstance(value, Decimal | bool) else None


def _mean(values: Sequence[Cell]) -> Cell:
    if len(values) == 1:
        return values[0]
    numbers = [Decimal(value) for value in values if isinstance(value, Decimal | bool)]
    # An epoch without a score is no score of nought: the sample has none then.
    return sum(numbers, Decimal(0)) / len(numbers) if len(numbers) == len(values) else None


def _claims(log: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for score in (log.get("results") or {}).get("scores") or []:
        columns = {f"scores.{score['scorer']}", f"scores.{score['scorer']}.{score['name']}"}
        figures = [score["metrics"][name]["value"] for name in SUMMED_UP if name in score["metrics"]]
        found |= {column: said for column in columns for value in figures[:1] if (said := figure(value)) is not None}
    return found
