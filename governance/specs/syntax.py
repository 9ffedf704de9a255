"""Text that people write (YAML 1.2 or JSON) to plain data with the place of every value: a specification, or what is
declared beside one.

The event stream is read directly, so that numbers stay exact decimals, aliases are never expanded, and each key
and value keeps its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from governance.canonical import MAX_INTEGER
from governance.errors import Invalid, Problem
from governance.unseen import UNSEEN

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_DIGITS = 30

NULL = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEAN = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
INTEGER = re.compile(r"[-+]?[0-9]+\Z")
FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?\Z")
NOT_FINITE = re.compile(r"[-+]?(\.nan|\.inf|nan|inf|infinity)\Z", re.IGNORECASE)

Place = tuple[int, int]


@dataclass
class Source:
    """Plain data, and where each path such as `dimensions[0].criteria[1].threshold` stands (1-based line, column)."""

    data: Any = None
    values: dict[str, Place] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, where: str, what: str, remedy: str, *, at_key: bool = False) -> Problem:
        """Make a Problem placed at the value of `where`, at its key, or at the nearest thing that contains it."""
        place = (self.keys.get(where) if at_key else None) or self.values.get(where) or self._around(where)
        line, column = place or (None, None)
        return Problem(where=where or "document", what=what, remedy=remedy, line=line, column=column)

    def _around(self, where: str) -> Place | None:
        while where:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
            if where in self.values:
                return self.values[where]
        return self.values.get("")


def parse(text: str, *, begin: str) -> Source:
    """Return the data of `text`, with the problems that leave it readable (duplicate keys, NaN, tags).

    Raises Invalid for what cannot be read at all: too long, too deep, not YAML, aliases, several documents, or empty;
    `begin` says how what is read begins.
    """
    _check_size(text)
    try:
        return _Builder(text).build(begin=begin)
    except MarkedYAMLError as error:
        raise _malformed(error) from error
    except YAMLError as error:
        raise _refused("document", f"This is not text that YAML allows: {error}.", "Remove it.", "not-yaml") from error


def _check_size(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        what = f"Character {error.start + 1} is half of a surrogate pair."
        raise _refused("document", what, "Save the document as UTF-8.", "not-utf-8") from error
    if size > MAX_BYTES:
        what = f"The document has {size} bytes; at most {MAX_BYTES} (256 KiB) are read."
        raise _refused("document", what, "Move explanations into linked documents.", "too-large")


def _malformed(error: MarkedYAMLError) -> Invalid:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else None
    what = f"This is not YAML: {error.problem or error.context}."
    remedy = "Check the indentation, and quote text that holds ':', '#', '>' or brackets (comparator: \">=\")."
    return _refused("document", what, remedy, "not-yaml", place)


def _refused(where: str, what: str, remedy: str, code: str, place: Place | None = None) -> Invalid:
    line, column = place or (None, None)
    problem = Problem(where=where, what=what, remedy=remedy, line=line, column=column)
    return Invalid(f"The document cannot be read. {problem}", code=code, problems=(problem,))


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Builder:
    def __init__(self, text: str) -> None:
        self.source = Source()
        self.events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))

    def build(self, *, begin: str) -> Source:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self._document(event)
        if "" not in self.source.values:
            raise _refused("document", "The document is empty.", begin, "empty")
        return self.source

    def _document(self, start: Any) -> None:
        if "" in self.source.values:
            what = "A second YAML document begins here."
            raise _refused("document", what, "Keep one document per file.", "several-documents", _place(start))
        self.source.data = self._node(next(self.events), "", 1)

    def _node(self, event: Any, path: str, depth: int) -> Any:
        self._check_event(event, path, depth)
        self.source.values[path] = _place(event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        return self._sequence(path, depth)

    def _check_event(self, event: Any, path: str, depth: int) -> None:
        where = path or "document"
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            what = f"YAML anchors and aliases (&{event.anchor}, *{event.anchor}) are not read."
            raise _refused(where, what, "Write the value out in each place.", "aliases", _place(event))
        if depth > MAX_DEPTH:
            what = f"This is nested deeper than {MAX_DEPTH} levels."
            raise _refused(where, what, "Nothing that is read here is that deep.", "too-deep", _place(event))
        if getattr(event, "tag", None):
            self._note(path, f"YAML tags ({event.tag}) are not read.", "Remove the tag.", event)

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                self._check_event(event, path, depth)
                raise _refused(path or "document", "A key must be a word.", "Quote it.", "not-a-key", _place(event))
            self._check_event(event, path, depth)
            where = f"{path}.{event.value}" if path else str(event.value)
            if event.value in found:
                self._note(where, f"The key `{event.value}` stands here twice.", "Keep one of them.", event)
            self.source.keys[where] = _place(event)
            value = next(self.events)
            found[event.value] = self._node(value, where, depth + 1)
            if isinstance(value, ScalarEvent) and not value.value and not value.style:
                self.source.values[where] = _place(event)
        return found

    def _sequence(self, path: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            found.append(self._node(event, f"{path}[{len(found)}]", depth + 1))
        return found

    def _scalar(self, event: Any, path: str) -> Any:
        text: str = event.value
        if hidden := UNSEEN.search(text):
            self._note(path, f"This holds the unseen character U+{ord(hidden[0]):04X}.", "Remove it.", event)
        if event.style:
            return self._text(text, path, event)
        if text in NULL:
            return None
        if text in BOOLEAN:
            return BOOLEAN[text]
        if NOT_FINITE.match(text):
            self._note(path, f"{text} is not a finite number.", "Give a finite number, or quote it as text.", event)
            return None
        return self._number(text, path, event) if FRACTION.match(text) else self._text(text, path, event)

    def _number(self, text: str, path: str, event: Any) -> Any:
        number = Decimal(text) if len(text) <= 2 * MAX_DIGITS else Decimal("NaN")
        if number.is_nan() or abs(number.adjusted()) > MAX_DIGITS or len(number.as_tuple().digits) > MAX_DIGITS:
            self._note(path, f"A number has at most {MAX_DIGITS} digits.", "Round it.", event)
            return None
        if not INTEGER.match(text):
            return number
        if abs(number) > MAX_INTEGER:
            self._note(path, "An integer is at most 2^53 - 1.", "Give a smaller number.", event)
        return int(number)

    def _text(self, text: str, path: str, event: Any) -> str:
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._note(path, "The text holds half of a surrogate pair.", "Write the character itself.", event)
            return ""

    def _note(self, where: str, what: str, remedy: str, event: Any) -> None:
        line, column = _place(event)
        self.source.problems.append(Problem(where or "document", what, remedy, line, column))
