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
SHORT = 257
LONGEST_END = 70_000
"""Bytes at the end of an archive in which its last records stand, the longest comment included."""
MOST_OF_A_DIRECTORY = 32 * 1024 * 1024
UNSAID = 2**32 - 1
"""What an archive of the newer kind says where the older kind has no room."""
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
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise unreadable("log", f"this is no log of Inspect: {error!r}.", REMEDY) from error


def _document(data: bytes) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    log = exact(data.decode("utf-8"))
    return log, [_slim(sample) for sample in log.get("samples") or []]


def _archive(file: IO[bytes]) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    damaged = _damages()
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [m.filename for m in members if m.filename.startswith(SAMPLES) and m.filename.endswith(".json")]
            if len(set(names)) != len(names):
                raise unreadable("log", "a sample stands twice in the archive.", REMEDY)
            return exact(_member(archive, HEADER)), [_slim(exact(_member(archive, name))) for name in names]
    except damaged as error:
        raise unreadable("log", f"the archive is damaged: {error}.", REMEDY) from error


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive whose directory alone would fill the memory, by the record at its end (APPNOTE 4.3.14, 4.3.16),
    before anybody reads it."""
    size = file.seek(0, 2)
    file.seek(max(size - LONGEST_END, 0))
    end = file.read()
    sizes = [
        int.from_bytes(end[at + offset : at + offset + width], "little")
        for mark, offset, width in ((b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8))
        if (at := end.rfind(mark)) >= 0
    ]
    file.seek(0)
    if any(found > MOST_OF_A_DIRECTORY and found != UNSAID for found in sizes):
        raise unreadable("log", f"its directory has over {MOST_OF_A_DIRECTORY} bytes.", "Split the evaluation.")


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
    """Return what is read of a sample: its transcript is most of a log, and only one is in memory at a time. Of a text
    no more is kept than it takes to see that it is too long to tell groups apart."""
    metadata = flat(sample.get("metadata") or {}, "metadata.")
    short = {name: cell[:SHORT] if isinstance(cell, str) else cell for name, cell in metadata.items()}
    scores = {name: {"value": score["value"]} for name, score in (sample.get("scores") or {}).items()}
    return {"id": sample["id"], "metadata": short, "scores": scores}


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
    every = [dict(_scores(sample)) for sample in epochs]
    scores = {
        score: _mean([found.get(score) for found in every]) for score in {key for found in every for key in found}
    }
    return {"id": name, **epochs[0]["metadata"], **scores}


def _scores(sample: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for scorer, score in sample["scores"].items():
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
