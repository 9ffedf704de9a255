"""Log entries as a bundle carries them, and looking them up so that none stays unexplained. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.audit.event import Event
from governance.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place in the log, the exact bytes that were hashed, and what they say."""

    index: int
    raw: bytes
    document: Mapping[str, Any]

    @property
    def type(self) -> str:
        """What happened, as `app.thing.happened`."""
        return str(self.document["type"])

    @property
    def actor(self) -> str:
        """The opaque id of who did it."""
        return str(self.document["actor"])

    @property
    def subject(self) -> str:
        """The opaque id of what it happened to."""
        return str(self.document["subject"])

    @property
    def data(self) -> Mapping[str, Any]:
        """What the event says openly."""
        return dict(self.document["data"])

    @property
    def sealed(self) -> Mapping[str, str]:
        """Salted digests of what the event keeps confidential, by field."""
        return dict(self.document["sealed"])

    @property
    def at(self) -> datetime:
        """When it happened, by the clock of the service that recorded it."""
        return datetime.fromisoformat(self.document["at"])

    def __str__(self) -> str:
        return f"log entry {self.index} ({self.type})"


class Entries:
    """The entries of one bundle. Whatever a check takes counts as explained."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.all = tuple(sorted(entries, key=lambda entry: entry.index))
        self._explained: set[int] = set()

    def only(self, event: type[Event], *, actor: str = "", subject: str = "", **data: Any) -> Entry:
        """Return the one entry of this kind that says exactly this. Raises Invalid when there is none, or another."""
        found = self.every(event, actor=actor, subject=subject, **data)
        if len(found) != 1:
            others = [e for e in self.all if e.type == event.type]
            wrong = f"; {others[0]} says otherwise" if others and not found else ""
            what = f"there are {len(found)} log entries “{event.type}” that bear this out{wrong}."
            raise disagreement(next(iter(data), event.type), what)
        return found[0]

    def every(self, event: type[Event], *, actor: str = "", subject: str = "", **data: Any) -> list[Entry]:
        """Return the entries of this kind that say exactly this, in the order of the log."""
        wanted: list[Callable[[Entry], bool]] = [lambda e: e.type == event.type]
        wanted += [lambda e: not actor or e.actor == actor, lambda e: not subject or e.subject == subject]
        wanted += [lambda e: all(e.data.get(name) == value for name, value in data.items())]
        found = [entry for entry in self.all if all(wish(entry) for wish in wanted)]
        self._explained |= {entry.index for entry in found}
        return found

    def unexplained(self) -> list[Entry]:
        """Return the entries that no check asked for."""
        return [entry for entry in self.all if entry.index not in self._explained]


def disagreement(where: str, what: str) -> Invalid:
    """Return the refusal that names `where` two parts of a bundle do not agree."""
    problem = Problem(where=where, what=what)
    return Invalid(str(problem), code="bundle-disagrees", problems=(problem,))


def agree(where: str, stated: Any, found: Any, *, by: str) -> None:
    """Raise Invalid naming `where` unless what is `stated` there is what was `found`, `by` whom or by which record."""
    if stated != found:
        raise disagreement(where, f"it says {str(stated)[:80]!r}, and {by} says {str(found)[:80]!r}.")
