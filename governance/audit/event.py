"""What a domain event must offer so that the log can record it; the log knows no event by name."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


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
        return {f.name: getattr(self, f.name) for f in fields(self) if self._is_open(f)}

    def sealed_data(self) -> dict[str, Any]:
        """Return the confidential fields, of which the leaf carries salted digests."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("sealed")}

    @staticmethod
    def _is_open(f: Any) -> bool:
        return f.name != "subject" and not f.metadata.get("sealed")
