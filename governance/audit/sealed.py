"""Sealed texts of rows: they lie beside the log alone, so that erasing them there erases them everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

import orjson

from governance.audit.models import Leaf, SealedField

ERASED = "erased"
"""What is shown where a sealed text was."""


class SealedText:
    """A text that belongs to a row of record and is read from the sealed field `name` beside the row's leaf.

    It is empty while the row's column `leaf` is, and ERASED once the field is gone. Read once for each row object;
    `read_together` reads many in one query.
    """

    def __init__(self, name: str, *, leaf: str = "leaf_id") -> None:
        self.name = name
        self.leaf = leaf

    def __set_name__(self, owner: type, attribute: str) -> None:
        self.attribute = attribute

    @overload
    def __get__(self, row: None, owner: type) -> SealedText: ...

    @overload
    def __get__(self, row: Any, owner: type) -> str: ...

    def __get__(self, row: Any, owner: type) -> SealedText | str:
        """Return the text; what the row object remembers comes before this."""
        if row is None:
            return self
        read_together([row])
        return str(row.__dict__[self.attribute])


def read_together(rows: Iterable[Any]) -> None:
    """Let each of `rows` remember its sealed texts; one query, however many rows there are."""
    wanted = [(row, text) for row in rows for text in _texts(type(row)) if text.attribute not in row.__dict__]
    leaves = {getattr(row, text.leaf) for row, text in wanted} - {None}
    fields = SealedField.objects.filter(leaf_id__in=leaves) if leaves else ()
    found = {(field.leaf_id, field.name): orjson.loads(bytes(field.value)) for field in fields}
    for row, text in wanted:
        leaf = getattr(row, text.leaf)
        row.__dict__[text.attribute] = "" if leaf is None else found.get((leaf, text.name), ERASED)


def commitments(leaf_ids: Iterable[int], *, name: str) -> dict[int, str]:
    """Return what each leaf commits to for its sealed field `name`: the hexadecimal SHA-256 over salt and value."""
    entries = Leaf.objects.filter(pk__in=list(leaf_ids)).values_list("pk", "entry")
    return {leaf_id: str(orjson.loads(bytes(entry))["sealed"][name]) for leaf_id, entry in entries}


def _texts(owner: type) -> list[SealedText]:
    return [text for text in vars(owner).values() if isinstance(text, SealedText)]
