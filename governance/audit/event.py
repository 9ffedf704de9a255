"""What a domain event must offer so that the log can record it; the log knows no event by name."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple


def sealed() -> Any:
    """Mark a field of an event as confidential: the leaf carries only its salted digest, and the value lies beside
    the log, where it can lawfully be erased."""
    return field(metadata={"sealed": True})


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Subclasses are named in the past tense and set `type` (`app.thing.happened`).

    `subject` is the opaque id of the thing it happened to; every other field is data of the event: strings,
    integers, booleans, None, lists and mappings of these (numbers with a fraction as decimal strings).
    """

    type: ClassVar[str]
    subject: str

    def data(self) -> dict[str, Any]:
        """Return the fields that stand in the leaf as they are."""
        return {name: getattr(self, name) for name in _names(type(self)).open}

    def sealed_data(self) -> dict[str, Any]:
        """Return the confidential fields, of which the leaf carries salted digests."""
        return {name: getattr(self, name) for name in _names(type(self)).sealed}


class _Names(NamedTuple):
    open: tuple[str, ...]
    sealed: tuple[str, ...]


_NAMES: dict[type[Event], _Names] = {}


def _names(event: type[Event]) -> _Names:
    known = _NAMES.get(event)
    if known is None:
        mine = [f for f in fields(event) if f.name != "subject"]
        known = _NAMES[event] = _Names(
            open=tuple(f.name for f in mine if not f.metadata.get("sealed")),
            sealed=tuple(f.name for f in mine if f.metadata.get("sealed")),
        )
    return known
