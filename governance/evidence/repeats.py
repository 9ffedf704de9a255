"""Cases that were rated by several people, or answered several times: many rows that are one case. Pure.

Ratings of one case depend on each other, so a case counts once in every figure, by the mean of its ratings within the
population that is asked about; how far they part is measured in `signals`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from governance.evidence import decimals
from governance.evidence.cases import Cases

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from governance.evidence.cases import Rows


def once_for_each_case(cases: Cases, rows: Rows) -> tuple[Rows, NDArray[np.float64]]:
    """Return the first of each case's `rows` of one metric, with the mean of its ratings, in nine digits."""
    values = cases.values[rows]
    if not cases.is_repeated or not len(rows):
        return rows, values
    import numpy as np

    starts = _starts(cases, rows)
    lowest, highest = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    ends = np.append(starts[1:], len(rows))
    for case in np.flatnonzero(lowest != highest):
        lowest[case] = _mean(values[starts[case] : ends[case]].tolist())
    return rows[starts], lowest


def several(cases: Cases, rows: Rows) -> Rows:
    """Return those of `rows` whose case has more than one of them."""
    import numpy as np

    if not len(rows):
        return rows
    counts = np.diff(np.append(_starts(cases, rows), len(rows)))
    return rows[np.repeat(counts > 1, counts)]


def by_case(cases: Cases, rows: Rows, values: NDArray[np.float64]) -> Iterator[list[float]]:
    """Yield what `values` has for each case's `rows` of one metric, case by case."""
    import numpy as np

    if not len(rows):
        return
    starts, values = _starts(cases, rows), values[rows]
    for start, end in zip(starts, np.append(starts[1:], len(rows)), strict=True):
        yield values[start:end].tolist()


def _starts(cases: Cases, rows: Rows) -> NDArray[np.intp]:
    import numpy as np

    case = cases.case[rows]
    return np.flatnonzero(np.concatenate([[True], case[1:] != case[:-1]]))


def _mean(values: list[float]) -> float:
    return float(decimals.rounded(Fraction(Decimal(repr(math.fsum(values)))) / len(values)))
