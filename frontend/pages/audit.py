"""What the pages of the log show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from frontend import links, wording
from frontend.forms.audit import SearchForm, VerifyForm
from governance.accounts import selectors as accounts
from governance.accounts.models import User
from governance.audit import selectors as audit
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


def content(*, key: str, search: SearchForm, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page of the log of a system shows; nothing is found by a search that is malformed."""
    system = readable_system(key=key, by=by, at=at)
    entries = audit.entries(system=system.key, **search.cleaned_data) if search.is_valid() else []
    head = audit.latest_head()
    return {
        "systems": readable(by=by, at=at),
        "system": system,
        "form": search,
        "wrong": [
            f"{search.fields[name].label or name}: {' '.join(map(str, said))}" for name, said in search.errors.items()
        ],
        "verify": VerifyForm(),
        "lines": lines(entries),
        "older": entries[-1].leaf_id if len(entries) == audit.PAGE else None,
        "head": head,
        "note": bytes(head.note).decode() if head else "",
        "pending": audit.pending(),
        "marks": {entry.leaf_id: entry.mark for entry in entries},
        "kinds": wording.EVENTS,
    }


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


def newest(subjects: Iterable[str]) -> dict[str, Line]:
    """Return the newest entry about each of `subjects` in words: since when it stands as it does, and by whom."""
    found = audit.newest_about(subjects)
    return dict(zip(found, lines(found.values()), strict=True))


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
