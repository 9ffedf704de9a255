"""The writers of the log: record an event, bring leaves into the tree, erase a confidential value."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from governance.audit import entry as entries
from governance.audit.event import Event

_INSERT_LEAF = (
    "INSERT INTO audit_leaf (subject, system, type, actor, at, entry) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id"
)
_INSERT_LEAF_AND_SEALED = f"""
    WITH leaf AS ({_INSERT_LEAF})
    INSERT INTO audit_sealedfield (leaf_id, name, salt, value)
    SELECT leaf.id, field.* FROM leaf, unnest(%s::text[], %s::bytea[], %s::bytea[]) AS field
    RETURNING leaf_id
"""  # noqa: S608  (both parts are constants)


def record(*, event: Event, actor: str, at: datetime, system: str = "") -> int:
    """Write `event` to the log in the transaction of the caller, in one round trip; return the leaf's id.

    `actor` is the opaque id of who did it, `system` the opaque id of the AI system it concerns. Raises RuntimeError
    outside a transaction, where an entry could outlive the change it speaks of, and Invalid when the event's data
    is outside the profile of log entries.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event.type} was to be recorded outside a transaction; call record() inside atomic().")
    sealed = entries.seal(event)
    entry = entries.encode(event=event, actor=actor, at=at, system=system, sealed=sealed)
    row = [event.subject, system, event.type, actor, at, entry]
    with connection.cursor() as cursor:
        if sealed:
            columns = [[f.name for f in sealed], [f.salt for f in sealed], [f.value for f in sealed]]
            cursor.execute(_INSERT_LEAF_AND_SEALED, row + columns)
        else:
            cursor.execute(_INSERT_LEAF, row)
        return int(cursor.fetchone()[0])
