"""Arrays that grow while a table is read, and are gone through in parts afterwards. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 1 << 16
"""Items that are copied, or plain numbers of Python, at one time."""


def parts(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield an array in parts of AT_ONCE items."""
    return (array[start : start + AT_ONCE] for start in range(0, len(array), AT_ONCE))


class Growing:
    """An array that grows in place: the system moves its pages, and nothing is copied or held twice."""

    def __init__(self, dtype: str) -> None:
        import numpy as np

        self._size = self._kept = 0
        self._array: NDArray[Any] = np.empty(0, dtype=dtype)

    def add(self, part: Sequence[Any] | NDArray[Any]) -> None:
        """Add the items of `part`; an array of small numbers widens to hold larger ones."""
        import numpy as np

        part = np.asarray(part)
        if part.dtype.itemsize > self._array.dtype.itemsize:
            self._array = self._array.astype(part.dtype)
        after = self._size + len(part)
        if after > len(self._array):
            self._array.resize(after + after // 8, refcheck=False)
        self._array[self._size : after] = part
        self._size = after

    def fresh(self) -> NDArray[Any]:
        """Return the items that were added since this was last asked."""
        items = self._array[self._kept : self._size]
        self._kept = self._size
        return items

    def taken(self) -> NDArray[Any]:
        """Return the items, and keep none of them."""
        import numpy as np

        items, self._array = self._array[: self._size], np.empty(0, dtype=self._array.dtype)
        self._size = self._kept = 0
        return items
