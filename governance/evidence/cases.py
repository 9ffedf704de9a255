"""The cases of a table by column, so that ten million of them fit into memory. Pure; NumPy inside the functions.

Rows are in the order of their case's digest, and those of one case of their metric, context, rater and attempt: the
same cases make the same columns, however the table was sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from governance.evidence.records import EVERYWHERE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

RATER, ATTEMPT = "rater", "attempt"
"""The columns that say who rated a case, and which of several answers to it a row is about."""
NOTHING = -1
"""Code of a cell without a text."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A column of texts: each row holds the number of its text in `texts`, or NOTHING."""

    codes: NDArray[np.signedinteger]
    texts: tuple[str, ...]

    def among(self, wanted: Collection[str], rows: Rows | None = None) -> Mask:
        """Return which rows, or which of `rows`, have a text of `wanted`."""
        import numpy as np

        # The last place stands for NOTHING, which NumPy counts from the end.
        chosen = np.array([text in wanted for text in self.texts] + [False])
        return np.asarray(chosen[self.codes if rows is None else self.codes[rows]])

    def code(self, text: str) -> int | None:
        """Return the number of a text; None when no row has it."""
        return self.texts.index(text) if text in self.texts else None

    def text(self, row: int) -> str | None:
        """Return the text of a row."""
        code = int(self.codes[row])
        return None if code == NOTHING else self.texts[code]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers; NaN where a row has none."""

    values: NDArray[np.float64]

    def among(self, wanted: Collection[str], rows: Rows | None = None) -> Mask:
        """Return which rows, or which of `rows`, have a number of `wanted`, given as text."""
        import numpy as np

        values = self.values if rows is None else self.values[rows]
        return np.isin(values, [float(text) for text in wanted if _is_number(text)])

    def text(self, row: int) -> str | None:
        """Return the number of a row as text."""
        value = float(self.values[row])
        return None if value != value else format(Decimal(repr(value)).normalize() + 0, "f")


Column = Texts | Numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class Cases:
    """`ids` hold 128 bits of each row's case in two halves, `case` numbers the cases in that order, `rows` is where a
    row stood in the table. `place_of` gives place and case id of such rows, for whoever has to be told.
    """

    ids: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    case: NDArray[np.int32]
    metrics: Texts
    contexts: Texts
    values: NDArray[np.float64]
    attributes: Mapping[str, Column]
    rows: NDArray[np.uint32]
    place_of: Callable[[Sequence[int]], list[tuple[str, str]]]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def count(self) -> int:
        """How many cases there are."""
        return int(self.case.max()) + 1 if len(self) else 0

    @property
    def is_repeated(self) -> bool:
        """Whether the table tells raters or attempts apart, so that a case has several rows."""
        return RATER in self.attributes or ATTEMPT in self.attributes

    def of(self, metric: str, context: str | None = None) -> Rows:
        """Return the rows of a metric, in `context` or everywhere, or in every context; in order."""
        import numpy as np

        chosen = self.metrics.among({metric})
        if context is not None:
            chosen &= self.contexts.among({context, EVERYWHERE})
        return np.flatnonzero(chosen)

    def named(self, row: int) -> str:
        """Return the case id of a row."""
        return self.place_of([int(self.rows[row])])[0][1]

    def place(self, row: int) -> str:
        """Return where a row stands in its table, such as `line 3`."""
        return self.place_of([int(self.rows[row])])[0][0]

    def with_derived(self, rows: Rows, *, metric: str, values: NDArray[np.float64]) -> Cases:
        """Return the cases with one more row for each of `rows`, of the same case, with another metric and value."""
        import numpy as np

        codes = np.full(len(rows), len(self.metrics.texts), dtype=self.metrics.codes.dtype)
        order = np.argsort(np.concatenate([self.case, self.case[rows]]), kind="stable")

        def more(column: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([column, added])[order]

        def of(column: Column) -> Column:
            if isinstance(column, Texts):
                return replace(column, codes=more(column.codes, column.codes[rows]))
            return Numbers(more(column.values, column.values[rows]))

        return replace(
            self,
            ids=(more(self.ids[0], self.ids[0][rows]), more(self.ids[1], self.ids[1][rows])),
            case=more(self.case, self.case[rows]),
            metrics=Texts(more(self.metrics.codes, codes), (*self.metrics.texts, metric)),
            contexts=replace(self.contexts, codes=more(self.contexts.codes, self.contexts.codes[rows])),
            values=more(self.values, values),
            attributes={name: of(column) for name, column in self.attributes.items()},
            rows=more(self.rows, self.rows[rows]),
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
