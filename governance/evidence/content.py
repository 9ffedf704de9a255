"""Which cases an evaluation is about, told apart from how they were written and which of them count. Pure.

The same cases are the same in another file, format or order, and before any of them is left out: what is added up here
are 128 bits of each, modulo 2^64 in two halves, so that nothing has to be sorted or held. Whoever wants to pass for
another evaluation has to alter cases, and needs no collision for that; so the mixing is quick (SplitMix64, Steele et
al. 2014) and the case ids under it are digests already.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from governance.evidence import columns
from governance.evidence.cases import Cases, Column, Texts
from governance.evidence.formats.table import Cell
from governance.evidence.growing import AT_ONCE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Halves = NDArray[np.uint64]

HALVES = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
"""What sets the two halves of a sum apart."""
WHOLE = 2**64

Sum = tuple[int, int]
NOUGHT: Sum = (0, 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Which cases count for a metric in a context: 64 bits of each case's digest, in ascending order."""

    metric: str
    context: str
    ids: Halves


@dataclass(frozen=True, kw_only=True, eq=False)
class Content:
    """What an evaluation holds, by metric: `whole` tells case ids and values apart, of all cases that there are, and
    `read` those that count, with their contexts and attributes."""

    whole: Mapping[str, str]
    read: Mapping[str, str]
    counted: tuple[Counted, ...]


class LeftOut:
    """The sums, by metric, of the cases that a mapping leaves out; of `metrics` alone, unless that is None."""

    def __init__(self, metrics: Collection[str] | None = None) -> None:
        self.metrics = metrics
        self.sums: dict[str, Sum] = {}

    def add(self, ids: Sequence[Cell], metrics: Sequence[Cell], values: Sequence[Cell]) -> None:
        """Take rows. Nobody reads them, so nothing is wrong with any: what is no id or number is just that."""
        import numpy as np

        for metric, rows in self._by_metric(metrics).items():
            digests = b"".join(columns.digest_of(columns.as_text(ids[row]) or "") for row in rows)
            high, low = np.frombuffer(digests, dtype=">u8").reshape(-1, 2).astype(np.uint64).T
            measured = np.array([columns.measured(values[row]) for row in rows], dtype=np.float64) + 0.0
            self.sums[metric] = _plus(self.sums.get(metric, NOUGHT), _sum(_mixed_rows(high, low, measured)))

    def _by_metric(self, cells: Sequence[Cell]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for row, cell in enumerate(cells):
            metric = columns.as_text(cell) or ""
            if self.metrics is None or metric in self.metrics:
                found[metric].append(row)
        return found


def of(cases: Cases, left_out: Mapping[str, Sum], *, metrics: Collection[str]) -> Content:
    """Return the content of an evaluation, as far as it is about `metrics`: its cases, and those `left_out`."""
    present = [metric for metric in sorted(metrics) if cases.metrics.code(metric) is not None]
    marks = {"context": cases.contexts, **cases.attributes}
    told = [_told(column, name=name) for name, column in sorted(marks.items())]
    whole: dict[str, str] = {}
    read: dict[str, str] = {}
    for metric in present:
        sums = NOUGHT, NOUGHT
        for rows in _parts(cases, metric):
            bare = _mixed_rows(cases.ids[0][rows], cases.ids[1][rows], cases.values[rows])
            marked = bare
            for mark in told:
                marked = tuple(_mixed(half ^ mark(rows)) for half in marked)
            sums = _plus(sums[0], _sum(bare)), _plus(sums[1], _sum(marked))
        whole[metric] = _written(_plus(sums[0], left_out.get(metric, NOUGHT)))
        read[metric] = _written(sums[1])
    return Content(whole=whole, read=read, counted=tuple(_counted(cases, present)))


def missing(earlier: Halves, now: Sequence[Halves]) -> int:
    """Return how many of the cases that counted `earlier` are in none of the ascending lists `now`."""
    import numpy as np

    left = 0
    for start in range(0, len(earlier), AT_ONCE):
        part = earlier[start : start + AT_ONCE]
        is_there = np.zeros(len(part), dtype=bool)
        for ids in now:
            at = np.searchsorted(ids, part).clip(max=len(ids) - 1)
            is_there |= ids[at] == part
        left += int(len(part) - is_there.sum())
    return left


def _parts(cases: Cases, metric: str) -> Iterator[Any]:
    import numpy as np

    code = cases.metrics.code(metric)
    for start in range(0, len(cases), AT_ONCE):
        yield start + np.flatnonzero(cases.metrics.codes[start : start + AT_ONCE] == code)


def _counted(cases: Cases, metrics: Sequence[str]) -> Iterator[Counted]:
    import numpy as np

    for metric in metrics:
        is_of = cases.metrics.codes == cases.metrics.code(metric)
        for code, context in sorted(enumerate(cases.contexts.texts), key=lambda pair: pair[1]):
            ids = cases.ids[0][is_of & (cases.contexts.codes == code)]
            if len(ids):
                # The rows are in this order already; raters and attempts make several of one case.
                first = np.concatenate([[True], ids[1:] != ids[:-1]])
                yield Counted(metric=metric, context=context, ids=ids[first])


def _told(column: Column, *, name: str) -> Callable[[Any], Halves]:
    """Return what gives 64 bits of what a column says of some rows."""
    import numpy as np

    salt = np.uint64(_of_text(name))
    if isinstance(column, Texts):
        # The last place stands for no text, which NumPy counts from the end.
        known = np.array([*map(_of_text, column.texts), 0], dtype=np.uint64) ^ salt
        return lambda rows: known[column.codes[rows]]
    return lambda rows: (column.values[rows] + 0.0).view(np.uint64) ^ salt


def _of_text(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _mixed_rows(high: Halves, low: Halves, values: NDArray[np.float64]) -> tuple[Halves, ...]:
    import numpy as np

    bits = np.where(np.isnan(values), math.nan, values).view(np.uint64)
    return tuple(_mixed(_mixed(_mixed(high ^ np.uint64(half)) ^ low) ^ bits) for half in HALVES)


def _mixed(bits: Halves) -> Halves:
    import numpy as np

    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _sum(halves: tuple[Halves, ...]) -> Sum:
    import numpy as np

    first, second = (int(half.sum(dtype=np.uint64)) for half in halves)
    return first, second


def _plus(one: Sum, other: Sum) -> Sum:
    return (one[0] + other[0]) % WHOLE, (one[1] + other[1]) % WHOLE


def _written(found: Sum) -> str:
    return f"{found[0]:016x}{found[1]:016x}"
