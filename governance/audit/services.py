"""The writers of the log: record an event, bring leaves into the tree, erase a confidential value."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection

from governance import actions
from governance.audit import entry as entries
from governance.audit import insertion, keys, policies, sequencer
from governance.audit.event import Event
from governance.audit.events import SealedFieldErased
from governance.audit.models import SealedField
from governance.errors import NotFound


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
    row = (event.subject, system, event.type, actor, at, entry)
    return insertion.insert_with_sealed(row, sealed) if sealed else insertion.insert(row)


def integrate(*, at: datetime) -> int:
    """Bring every leaf that is committed by now into the signed tree; return the size of the tree.

    Waits for nobody: another sequencer at work does the same. Raises NotFound when the log has no key yet.
    """
    key = keys.log_key()
    batch = sequencer.integrate(key=key, origin=settings.LOG_ORIGIN, at=at)
    while batch is not None and batch.more:
        batch = sequencer.integrate(key=key, origin=settings.LOG_ORIGIN, at=at)
    return batch.size if batch else sequencer.size()


@actions.action(verb="audit.sealed.erase", permission=actions.ADMINISTRATOR)
def erase_sealed(*, leaf_id: int, name: str, ground: str, by: policies.Administrator, at: datetime) -> int:
    """Erase one confidential value beside the log, on a named legal `ground`; return the leaf that says so.

    The leaf keeps its salted digest and every proof holds, but nobody can tell any more what the value was. Raises
    NotPermitted, Invalid without a ground, NotFound when there is no such value (any more).
    """
    policies.check_can_erase_sealed(by=by, ground=ground)
    field = SealedField.objects.select_related("leaf").filter(leaf_id=leaf_id, name=name).first()
    if field is None or not field.delete()[0]:
        raise NotFound(f"Leaf {leaf_id} has no confidential value {name!r}.")
    event = SealedFieldErased(subject=field.leaf.subject, leaf=leaf_id, name=name, ground=ground)
    return record(event=event, actor=by.actor, at=at, system=field.leaf.system)
