"""Gathers the cases of a table by column, and says of every row that is none where it stands. Pure.

What becomes such rows, and how, is told in `governance.evidence.formats`.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from governance import canonical
from governance.errors import Problem
from governance.evidence import columns, content
from governance.evidence.cases import ATTEMPT, RATER, Cases, Column, Numbers, Texts
from governance.evidence.formats.table import MOST_PROBLEMS, Cell, check_rows, refused
from governance.evidence.growing import parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Mask, Rows

REQUIRED = ("case_id", "metric", "value", "context")
MOST_COLUMNS = 64
ENOUGH_PROBLEMS = 1_000
"""After so many the rest of the table is not read."""

UNFINISHED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError)
"""What comes of a part whose writer was ended in the middle of it."""

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")

PlaceOf = Callable[[Sequence[int]], list[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some rows to be measured, by column: REQUIRED and the attributes, each as long as the others."""

    cells: Mapping[str, Sequence[Cell]]
    place: columns.Place

    def __len__(self) -> int:
        return len(self.cells["value"])


@dataclass(kw_only=True)
class Counts:
    """How far a table was read: batches and rows, and how many values these could have had."""

    batches: int = 0
    rows: int = 0
    values: int = 0
    measured: int = 0


class Course:
    """Where a reading has got to, for whoever waits for it and for going on where it was cut off. This one is for
    tables that are read at once: it tells nobody and keeps nothing."""

    def kept(self) -> Iterable[bytes]:
        """Return what `Gathering.fresh` gave before the reading was cut off, in order."""
        return ()

    def reached(self, gathering: Gathering, *, end: int) -> None:
        """Take note that so many bytes have been read."""


class Gathering:
    """The columns of a table while it is read. Columns other than REQUIRED are attributes, which population selectors
    read; those of `numbers` are read as numbers. Of what is left out, `metrics` (None: all) are added up."""

    def __init__(
        self,
        attributes: Collection[str],
        *,
        numbers: Collection[str] = (),
        metrics: Collection[str] | None = None,
    ) -> None:
        self.counts = Counts()
        self.left_out = content.LeftOut(metrics)
        self._ids, self._values = columns.Digests(), columns.Values()
        self._metrics, self._contexts = (columns.Words(name, is_required=True) for name in ("metric", "context"))
        self._attributes: dict[str, columns.Words | columns.Figures] = {
            name: columns.Figures(name) if name in numbers else columns.Words(name) for name in attributes
        }
        self._columns: dict[str, columns.Words | columns.Figures | columns.Values | columns.Digests] = {
            "case_id": self._ids,
            "metric": self._metrics,
            "value": self._values,
            "context": self._contexts,
            **self._attributes,
        }
        self._problems: list[Problem] = []

    @property
    def is_sound(self) -> bool:
        """Whether nothing wrong was found so far."""
        return not self._problems

    def add(self, block: Block) -> None:
        """Take the rows of a block. Raises Invalid once more is wrong than anybody reads, or there are too many."""
        self.counts.measured += len(block)
        check_rows(max(self.counts.measured, 1))
        found = [
            problem for name, column in self._columns.items() for problem in column.add(block.cells[name], block.place)
        ]
        self._problems += [problem for _, problem in sorted(found, key=itemgetter(0))]
        if len(self._problems) > ENOUGH_PROBLEMS:
            raise refused(self._problems)

    def leave_out(self, block: Block) -> None:
        """Take note of rows that do not count."""
        self.left_out.add(*(block.cells[name] for name in ("case_id", "metric", "value")))

    def fresh(self) -> bytes:
        """Return what was gathered since this was last asked, to be kept: NumPy's format of several arrays (.npz)."""
        import numpy as np

        state = {
            "counts": asdict(self.counts),
            "forms": self._forms(),
            "columns": {name: column.kind.first for name, column in self._columns.items()},
            "texts": self._texts(),
            "left_out": [[metric, *map(str, found)] for metric, found in self.left_out.sums.items()],
        }
        arrays = {
            f"{name}/{n}": array.fresh()
            for name, column in self._columns.items()
            for n, array in enumerate(column.arrays)
        }
        file = io.BytesIO()
        arrays["state"] = np.frombuffer(canonical.encode_entry(state), dtype=np.uint8)
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def restore(self, kept: Iterable[bytes]) -> None:
        """Take what was kept before the reading was cut off, as far as it is whole and of the same columns, each
        gathered as the same kind of thing."""
        for part in kept:
            try:
                state, arrays = self._unpacked(part)
            except UNFINISHED:
                return
            if state["forms"] != self._forms() or "left_out" not in state:
                return
            for name, column in self._columns.items():
                for number, array in enumerate(column.arrays):
                    array.add(arrays[f"{name}/{number}"])
                    array.fresh()
                column.kind.first = state["columns"][name]
                column.texts.update({text: number for number, text in enumerate(state["texts"][name])})
            self.counts = Counts(**state["counts"])
            self.left_out.sums = {metric: (int(a), int(b)) for metric, a, b in state["left_out"]}

    def _unpacked(self, part: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        import numpy as np

        with np.load(io.BytesIO(part), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in packed.files}
        return json.loads(arrays["state"].tobytes()), arrays

    def _forms(self) -> dict[str, Any]:
        metrics = self.left_out.metrics
        about = {"": None if metrics is None else sorted(metrics)}
        return about | {name: type(column).__name__ for name, column in self._columns.items()}

    def _texts(self) -> dict[str, list[str]]:
        return {name: list(column.texts) for name, column in self._columns.items()}

    def cases(self, place_of: PlaceOf) -> Cases:
        """Return everything that was gathered. Raises Invalid that names each place and column that is wrong, and what
        to do about it; `place_of` gives place and case id of rows by their number."""
        import numpy as np

        if self._problems:
            raise refused(self._problems)
        (high, low), metrics, contexts = self._ids.halves(), self._metrics.column(), self._contexts.column()
        attributes = {name: column.column() for name, column in self._attributes.items()}
        key = _key([metrics, contexts, *(attributes[name] for name in (RATER, ATTEMPT) if name in attributes)])
        order = np.lexsort((key, low, high))
        # One column after the other, so that no more than one is there twice.
        high = high[order]
        low = low[order]
        key = key[order]
        is_next = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        is_same = ~is_next & (key[1:] == key[:-1])
        del key
        found = Cases(
            ids=(high, low),
            case=np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(is_next, dtype=np.int32)]),
            metrics=_in(order, metrics),
            contexts=_in(order, contexts),
            values=self._values.values()[order],
            attributes={name: _in(order, column) for name, column in attributes.items()},
            rows=order.astype(np.uint32),
            place_of=place_of,
        )
        _check_repeats(found, is_same)
        return found


def values_digest(cases: Cases, rows: Rows, values: NDArray[np.float64]) -> str:
    """Return the digest of what was measured: of each case, in order, its digest and its value (big-endian IEEE 754),
    column by column, under SHA-256. `values` are those of `rows`, each of another case."""
    found = hashlib.sha256()
    for column in cases.ids:
        for part in parts(rows):
            found.update(column[part].astype(">u8").data)
    for part in parts(values):
        found.update(part.astype(">f8").data)
    return found.hexdigest()


def _key(columns: Sequence[Column]) -> NDArray[Any]:
    """Return one number for each combination of the columns, so that equal rows are told by it."""
    import numpy as np

    codes = [c.codes if isinstance(c, Texts) else np.unique(c.values, return_inverse=True)[1] for c in columns]
    widths = [int(column.max()) + 2 for column in codes]
    size = "int32" if math.prod(widths) < np.iinfo(np.int32).max else "int64"
    key: NDArray[Any] = np.zeros(len(codes[0]), dtype=size)
    for column, width in zip(codes, widths, strict=True):
        key *= width
        key += column + 1
    return key


def _in(order: Rows, column: Any) -> Any:
    if isinstance(column, Texts):
        return Texts(column.codes[order], column.texts)
    return Numbers(column.values[order])


def _check_repeats(cases: Cases, same: Mask) -> None:
    """Raise Invalid for rows that are a case's second for a metric, context, rater and attempt; `same` says of each row
    but the first whether it is that to the one before."""
    import numpy as np

    second = np.flatnonzero(same) + 1
    if not len(second):
        return
    numbers = cases.rows[np.stack([second - 1, second])]
    first, again = numbers.min(axis=0), numbers.max(axis=0)
    problems = []
    for pair in np.argsort(again)[: MOST_PROBLEMS + 1]:
        earlier, later, row = int(first[pair]), int(again[pair]), int(second[pair])
        (before, case), (place, _) = cases.place_of([earlier, later])
        metric, context = cases.metrics.text(row), cases.contexts.text(row)
        what = f"case {case!r} already has {metric!r} in context {context!r} in {before}."
        problems.append(Problem(f"{place}, column case_id", what, "Keep one row for each case and metric."))
    raise refused(problems, found=len(second))


def check_columns(columns: Sequence[str]) -> None:
    """Raise Invalid that names each column that is missing, unusable or there twice."""
    problems = [_missing(name, columns) for name in REQUIRED if name not in columns]
    if problems and (mark := _other_separator(columns)):
        what = f"the whole header is one column, and {mark!r} stands in it."
        raise refused([Problem("line 1", what, "Separate the cells by commas.")])
    if len(problems) == len(REQUIRED):
        raise refused([_named_otherwise(columns)])
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        problems.append(Problem(f"column {name}", "the column appears twice.", "Keep one of them."))
    for name in columns:
        if not _COLUMN.fullmatch(name):
            remedy = "Start with a letter; use letters, digits, _ and -; at most 64 characters."
            problems.append(Problem(f"column {name[:64]!r}", "this is no column name.", remedy))
    if len(columns) > MOST_COLUMNS:
        problems.append(Problem("columns", f"{len(columns)} columns; the most is {MOST_COLUMNS}.", "Log fewer."))
    if problems:
        raise refused(problems)


def _other_separator(columns: Sequence[str]) -> str:
    marks = ";\t|"
    return next((mark for mark in marks if len(columns) == 1 and mark in columns[0]), "")


def _named_otherwise(columns: Sequence[str]) -> Problem:
    has = ", ".join(map(repr, columns[:MOST_PROBLEMS])) or "none"
    remedy = "Say in a mapping which column is which: --mapping, or the tag edgewise.mapping."
    return Problem("columns", f"none is {', '.join(REQUIRED)}; the table has {has}.", remedy)


def _missing(name: str, columns: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(name, columns, n=1)
    added = f"Add the column {name!r}, or say in a mapping which one it is."
    remedy = f"Rename {near[0]!r} to {name!r}." if near else added
    return Problem(f"column {name}", "the column is missing.", remedy)
