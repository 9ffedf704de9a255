"""Reading the members of a long JSON list one by one, so that a list of any length takes the memory of one member."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from lineage.transport import storable

PIECE = 1 << 16
BLANK = re.compile(r"[\s,]*")
SPACE = re.compile(r"\s*")


def members(source: BinaryIO, name: str) -> Iterator[Any]:
    """Yield each member of the list `name`, the first thing in the JSON object in `source`; then what follows it.

    The last value yielded is the rest of the object as a dict, such as {"next_page_token": "…"}. An object without the
    list is yielded as it is. Raises ValueError where `source` is not that.
    """
    text = _Text(source)
    if text.match(rf'\s*\{{\s*"{re.escape(name)}"\s*:\s*\[', least=len(name) + 64) is None:
        yield text.whole()
        return
    while True:
        text.skip(BLANK)
        if text.peek() == "]":
            text.drop(1)
            break
        yield text.value()
    text.skip(BLANK)
    yield text.whole("{")


class _Text:
    """What was read of `source` and not yet used."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder()
        self._held, self._at, self._ended = "", 0, False

    def match(self, pattern: str, *, least: int) -> str | None:
        while len(self._held) < least and self._more(PIECE):
            pass
        found = re.compile(pattern).match(self._held)
        if found is not None:
            self._at = found.end()
        return found and found[0]

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            self._at = pattern.match(self._held, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._held) or not self._more(PIECE):
                return

    def peek(self) -> str:
        return self._held[self._at : self._at + 1]

    def drop(self, length: int) -> None:
        self._at += length

    def value(self) -> Any:
        """Return the value that begins here; what breaks off is tried again with twice as much."""
        size = PIECE
        while True:
            try:
                found, end = self._json.raw_decode(self._held, self._at)
            except (ValueError, RecursionError):
                if not self._more(size):
                    raise ValueError("breaks off, or is no JSON") from None
                size *= 2
            else:
                raw, self._at = self._held[self._at : end], end
                return storable(found) if "\\u0000" in raw or "\\ud" in raw.lower() else found

    def whole(self, begins: str = "") -> Any:
        while self._more(PIECE):
            pass
        return json.loads(begins + self._held[self._at :])

    def _more(self, size: int) -> bool:
        if self._ended:
            return False
        piece = self._source.read(size)
        self._ended = not piece
        self._held = self._held[self._at :] + self._decoder.decode(piece, final=self._ended)
        self._at = 0
        return True
