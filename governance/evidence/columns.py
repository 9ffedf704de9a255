"""What gathers one column of a table, cell by cell, as numbers: texts are kept once and counted through. Pure.

Each column has the type of its first cell (`kind`), its different texts by their number, and its arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from governance.errors import Problem
from governance.evidence.cases import NOTHING, Numbers, Texts
from governance.evidence.formats.table import LARGEST_EXPONENT, Cell, unreadable
from governance.evidence.growing import Growing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_TEXT = 256
MOST_TEXTS = 100_000
"""Different texts in one column that tells groups, raters or kinds apart."""
LARGEST_WHOLE = 2**53
SMALLEST, LARGEST = 10.0**-LARGEST_EXPONENT, 10.0 ** (LARGEST_EXPONENT + 1)
NUMBER, OTHER = "number", "list or object"
KINDS = {str: "text", bool: "truth value", int: NUMBER, float: NUMBER, Decimal: NUMBER}

Place = Callable[[int], str]
Found = list[tuple[int, Problem]]
"""What is wrong, by the index of its row."""


def as_text(cell: Any) -> str | None:
    """Return a cell as the text that selectors compare: text as it is, numbers in plain form
    (1.0 is 1), truth values as true and false; None for what is no cell."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list | dict):
        return None
    number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    if number.is_finite() and abs(number.adjusted()) <= LONGEST_TEXT:
        return format(number.normalize() + 0, "f")
    return str(cell)


class _Kind:
    """Which type the cells of a column have: one, whatever it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.first = ""

    def checked(self, cells: Sequence[Cell], place: Place) -> tuple[Sequence[Cell], Found]:
        """Return the cells, without those that are none, and what is wrong with these."""
        kinds = {KINDS.get(kind, OTHER) for kind in set(map(type, cells)) if kind is not type(None)}
        if not self.first and kinds:
            self.first = next(KINDS.get(type(cell), OTHER) for cell in cells if cell is not None)
        odd = kinds - {self.first} | (kinds & {OTHER})
        if not odd:
            return cells, []
        wrong = [index for index, cell in enumerate(cells) if cell is not None and KINDS.get(type(cell), OTHER) in odd]
        kind = KINDS.get(type(cells[wrong[0]]), OTHER)
        what = f"this is a {kind}, and the column began with a {self.first}."
        problem = self.problem(place(wrong[0]), what, "Use one type in a column.")
        if kind == OTHER:
            problem = self.unplain(place(wrong[0]))
        left = set(wrong)
        return [None if index in left else cell for index, cell in enumerate(cells)], [(wrong[0], problem)]

    def problem(self, place: str, what: str, remedy: str) -> Problem:
        return Problem(f"{place}, column {self.name}", what, remedy)

    def unplain(self, place: str) -> Problem:
        what = f"this is not a plain value of at most {LONGEST_TEXT} printable characters."
        return self.problem(place, what, "Use short text, a number or a truth value.")

    def missing(self, place: str) -> Problem:
        return self.problem(place, "there is no value.", "Give one in every row.")


class Words:
    """A column of texts, numbers or truth values, of which a table has few different ones."""

    def __init__(self, name: str, *, is_required: bool = False) -> None:
        self.kind = _Kind(name)
        self.texts: dict[str, int] = {}
        self.arrays = (Growing("int8"),)
        self._is_required = is_required
        self._codes: dict[Cell, int] = {None: NOTHING}

    def add(self, cells: Sequence[Cell], place: Place) -> Found:
        """Take the cells of some rows; return what is wrong with them."""
        import numpy as np

        cells, found = self.kind.checked(cells, place)
        odd = {cell for cell in set(cells) - self._codes.keys() if not self._know(cell)}
        if odd:
            found += [(n, self.kind.unplain(place(n))) for n, cell in enumerate(cells) if cell in odd]
        if self._is_required and not found and {None, ""} & set(cells):
            found += [(n, self.kind.missing(place(n))) for n, cell in enumerate(cells) if cell in (None, "")]
        # Most columns have a handful of texts, and ten million rows.
        size = np.int8 if len(self.texts) <= np.iinfo(np.int8).max else np.int32
        self.arrays[0].add(np.fromiter(map(self._codes.__getitem__, cells), dtype=size, count=len(cells)))
        return found

    def column(self) -> Texts:
        """Return the column."""
        return Texts(self.arrays[0].taken(), tuple(self.texts))

    def _know(self, cell: Cell) -> bool:
        text = as_text(cell) or ""
        is_plain = len(text) <= LONGEST_TEXT and text.isprintable() and cell == cell
        if is_plain and len(self.texts) >= MOST_TEXTS and text not in self.texts:
            what = f"it has over {MOST_TEXTS} different texts, so that it tells no groups apart."
            raise unreadable(f"column {self.kind.name}", what, "Leave it out of the mapping's attributes.")
        self._codes[cell] = self.texts.setdefault(text, len(self.texts)) if is_plain else NOTHING
        return is_plain


class Figures:
    """A column that the specification asks for as a number, such as a stated confidence."""

    def __init__(self, name: str) -> None:
        self.kind = _Kind(name)
        self.texts: dict[str, int] = {}
        self.arrays = (Growing("float64"),)

    def add(self, cells: Sequence[Cell], place: Place) -> Found:
        """Take the cells of some rows; return what is wrong with them."""
        cells, found = self.kind.checked(cells, place)
        numbers = [_number(cell) for cell in cells]
        found += [
            (n, self.kind.problem(place(n), f"{shown(cells[n])} is no number.", "Give a number in every row."))
            for n, number in enumerate(numbers)
            if number is None
        ]
        self.arrays[0].add([math.nan if number is None else number for number in numbers])
        return found

    def column(self) -> Numbers:
        """Return the column."""
        return Numbers(self.arrays[0].taken())


class Values:
    """The column of what was measured: truth values, or numbers from SMALLEST to below LARGEST and nought."""

    def __init__(self) -> None:
        self.kind = _Kind("value")
        self.texts: dict[str, int] = {}
        self.arrays = (Growing("float64"),)

    def add(self, cells: Sequence[Cell], place: Place) -> Found:
        """Take the cells of some rows; return what is wrong with them."""
        import numpy as np

        found: Found = []
        if set(map(type, cells)) <= {int, float, bool, Decimal}:
            cells, found = self.kind.checked(cells, place)
        # Nought has no sign here: two ways to write it are one value.
        values = np.fromiter(map(measured, cells), dtype=np.float64, count=len(cells)) + 0.0
        size = np.abs(values)
        wrong = ~((size >= SMALLEST) & (size < LARGEST) | (values == 0))
        found += [(n, self._unmeasured(place(n), cells[n])) for n in np.flatnonzero(wrong).tolist()]
        self.arrays[0].add(values)
        return found

    def values(self) -> NDArray[np.float64]:
        """Return the column."""
        return self.arrays[0].taken()

    def _unmeasured(self, place: str, cell: Cell) -> Problem:
        remedy = "Give 0 or 1 for a proportion, else a finite number; leave a case without a value out."
        return self.kind.problem(place, f"{shown(cell)} is not a measurement.", remedy)


class Digests:
    """The column of case ids, as 128 bits of each one's BLAKE2b (RFC 7693)."""

    def __init__(self) -> None:
        self.kind = _Kind("case_id")
        self.texts: dict[str, int] = {}
        self.arrays = (Growing("uint64"), Growing("uint64"))
        self._last: tuple[Sequence[Cell], NDArray[Any]] | None = None

    def add(self, cells: Sequence[Cell], place: Place) -> Found:
        """Take the cells of some rows; return what is wrong with them."""
        import numpy as np

        # A table with a column for each metric gives the same cells for every one of them.
        if self._last is not None and self._last[0] is cells:
            self._add(self._last[1])
            return []
        plain, found = self.kind.checked(cells, place)
        texts = [as_text(cell) or "" for cell in plain]
        odd = [n for n, text in enumerate(texts) if not text or len(text) > LONGEST_TEXT or not text.isprintable()]
        odd += [n for n, cell in enumerate(plain) if isinstance(cell, float) and not _is_whole(cell)]
        found += [
            (n, self.kind.unplain(place(n)) if texts[n] else self.kind.missing(place(n)))
            for n in odd
            if n not in dict(found)
        ]
        halves = np.frombuffer(b"".join(map(digest_of, texts)), dtype=">u8").reshape(-1, 2)
        self._add(halves)
        self._last = None if found else (cells, halves)
        return found

    def _add(self, halves: NDArray[Any]) -> None:
        for array, half in zip(self.arrays, halves.T, strict=True):
            array.add(half)

    def halves(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the first and the second 64 bits."""
        high, low = self.arrays
        return high.taken(), low.taken()


def shown(cell: Cell) -> str:
    """Return a cell as a problem shows it."""
    return "an empty value" if cell is None else repr(cell if isinstance(cell, str) else str(cell))[:40]


def digest_of(text: str) -> bytes:
    """Return the 128 bits by which a case id is told from others."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_whole(cell: float) -> bool:
    # Beyond it two numbers that a file tells apart may be one here.
    return cell.is_integer() and abs(cell) < LARGEST_WHOLE


def measured(cell: Cell) -> float:
    """Return a cell as what was measured; NaN for what is no measurement."""
    if type(cell) is float:
        return cell
    number = None if isinstance(cell, str) else _number(cell)
    return math.nan if number is None else number


def _number(cell: Cell) -> float | None:
    """Return a cell as a number, NaN for an empty one, None for what is none."""
    try:
        number = math.nan if cell is None else float(cell)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if cell is None or abs(number) < LARGEST else None
