"""Reading the log as far as the reader may: the log itself stands below systems and knows no roles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.policies import administers
from governance.audit import selectors as log
from governance.audit.proof import LogProof
from governance.audit.selectors import LogEntry
from governance.errors import no_such
from governance.systems import selectors
from governance.systems.policies import can, check_permission

CONFIDENTIAL = ("deliberation.ballot.", "systems.role.")
"""Entries that tell when which seat voted, and who holds what."""


def entries(*, system_key: str, by: User, at: datetime, **wanted: Any) -> list[LogEntry]:
    """Return the entries of a system that match `wanted` (see `audit.selectors.entries`), newest first.

    Raises NotFound when `by` may not see the system, NotPermitted when its log is not for them.
    """
    system = selectors.system(key=system_key, by=by)
    check_permission(by=by, permission="log.read", system=system, at=at)
    return log.entries(system=system.key, **wanted)


def entry(*, leaf_id: int, by: User, at: datetime) -> LogEntry:
    """Return one entry; raise NotFound when it is missing or `by` may not read it. Entries of no system are for
    administrators."""
    return _readable(log.entry(leaf_id), by=by, at=at)


def shown(*, leaf_id: int, own: set[str], by: User, at: datetime) -> LogEntry:
    """Return one entry to whoever may see its system, for the proof marks of its pages; raise NotFound.

    Ballots and grants are for those who may read the log, and for whom they are about: `own` are the actors (seats)
    that are the reader.
    """
    found = log.entry(leaf_id)
    if found.type.startswith(CONFIDENTIAL) and found.actor not in own:
        return _readable(found, by=by, at=at)
    if not found.system:
        return _readable(found, by=by, at=at)
    _check_visible(found, by=by)
    return found


def entry_at(*, index: int, by: User, at: datetime) -> LogEntry:
    """Return the entry at a place of the tree; raise NotFound as `entry` does."""
    return _readable(log.entry_at(index), by=by, at=at)


def proof_for(*, leaf_id: int, by: User) -> LogProof:
    """Return the proof of a leaf, which says nothing of its content, to whoever may see its system.

    Raises NotFound, and NotAllowedNow while the leaf waits for the sequencer.
    """
    _check_visible(log.entry(leaf_id), by=by)
    return log.proof_for(leaf_id)


def _readable(found: LogEntry, *, by: User, at: datetime) -> LogEntry:
    _check_visible(found, by=by)
    if found.system:
        system = selectors.system(key=found.system, by=by)
        if not can(check_permission, by=by, permission="log.read", system=system, at=at):
            raise no_such(log.ENTRY)
    return found


def _check_visible(found: LogEntry, *, by: User) -> None:
    """Raise what a missing entry raises: any other sentence would say that there is one, and of which system."""
    seen = selectors.systems(by=by).filter(key=found.system).exists() if found.system else administers(by=by)
    if not seen:
        raise no_such(log.ENTRY)
