"""What the pages of the log show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from frontend import links, wording
from governance.accounts import selectors as accounts
from governance.accounts.models import User
from governance.audit.selectors import LogEntry
from governance.deliberation import selectors as deliberation
from governance.errors import NotFound
from governance.systems import log_reading
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from governance.systems.policies import can, check_permission


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words: what happened, who did it, and where that can be seen."""

    entry: LogEntry
    sentence: str
    who: str
    url: str


def readable(*, by: User, at: datetime) -> list[AISystem]:
    """Return the systems whose log `by` may read."""
    mine = systems.systems(by=by)
    return [s for s in mine if can(check_permission, by=by, permission="log.read", system=s, at=at)]


def readable_system(*, key: str, by: User, at: datetime) -> AISystem:
    """Return the system with this key (the first, without one) whose log `by` may read; raise NotFound."""
    found = [system for system in readable(by=by, at=at) if key in ("", system.key)]
    if not found:
        raise NotFound("There is no log here that you may read.")
    return found[0]


def lines(entries: Iterable[LogEntry]) -> list[Line]:
    """Return entries in words, with one query for all names."""
    listed = list(entries)
    names = accounts.names(actors={entry.actor for entry in listed if _is_id(entry.actor)})
    return [
        Line(
            entry=entry,
            sentence=wording.happened(entry.type, entry.document["data"]),
            who=names.get(entry.actor) or _stranger(entry.actor),
            url=links.of_subject(entry.subject),
        )
        for entry in listed
    ]


def shown(*, leaf_id: int, by: User, at: datetime) -> LogEntry:
    """Return the entry behind a proof mark; raise NotFound."""
    return log_reading.shown(leaf_id=leaf_id, own=deliberation.own_seats(by=by), by=by, at=at)


def _is_id(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True


def _stranger(actor: str) -> str:
    return "a seat on the roll" if actor.startswith("seat:") else actor
