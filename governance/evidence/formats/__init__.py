"""Files that people already have, as rows with their places. Pure: a file in, a Table out.

Each module reads one format; `mapping` says which column is which, and makes cases of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

from governance import choices
from governance.errors import Invalid, Problem
from governance.evidence.formats import delimited, harness, inspect_log, json_lines, logged, parquet
from governance.evidence.formats.table import Table


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file: what it is called, how its names end, and what reads it."""

    title: str
    endings: tuple[str, ...]
    read: Callable[[IO[bytes]], Table]


FORMATS: Mapping[str, Format] = {
    "jsonl": Format(title="JSON lines", endings=(".jsonl", ".ndjson"), read=json_lines.read),
    "csv": Format(title="CSV with a header", endings=(".csv",), read=delimited.read),
    "parquet": Format(title="Parquet", endings=(".parquet",), read=parquet.read),
    "inspect": Format(title="Inspect log", endings=(".eval",), read=inspect_log.read),
    "lm-eval": Format(title="lm-evaluation-harness samples", endings=(), read=harness.read),
    "table": Format(title="MLflow table", endings=(), read=logged.read),
}
"""Every format by its key."""


def read(file: IO[bytes], *, name: str, form: str = "") -> tuple[str, Table]:
    """Return the key of a file's format, and its rows.

    The format is told by `form`, or by how the file's `name` ends; Inspect and MLflow both write `.json`. Rows
    are read from `file` (which can seek) as the table is asked for them. Raises Invalid that names line or row for what
    cannot be read, and for a format that nobody knows.
    """
    found = form or _told_by(name, file)
    if found not in FORMATS:
        what = f"“{(form or name)[:80]}” tells no format that is known."
        problem = Problem("format", what, choices.remedy(form or name, FORMATS, lead="Name one of"))
        raise Invalid(f"The file cannot be read. {problem}", code="unknown-format", problems=(problem,))
    return found, FORMATS[found].read(file)


def _told_by(name: str, file: IO[bytes]) -> str:
    ending = name[name.rfind(".") :].lower()
    if ending == ".json":
        return "inspect" if inspect_log.looks_like_one(file) else "table"
    if ending == ".jsonl" and name.startswith(harness.PREFIX):
        return "lm-eval"
    return next((key for key, form in FORMATS.items() if ending in form.endings), "")
