"""One durable write by each contestant; each makes the same row, and each but the first audits it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pghistory
from auditlog.models import LogEntry
from django.apps import apps
from django.db import models, transaction

from benchmarks.models import HistoricCase, LoggedCase, PlainCase, TrackedCase
from governance.audit import services
from governance.audit.event import Event
from governance.audit.models import Leaf

ACTOR = str(uuid.uuid4())


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    type: ClassVar[str] = "benchmarks.case.opened"
    name: str
    state: str
    amount: int
    reason: str


def _values() -> dict[str, Any]:
    return {
        "name": "Letter campaign of the northern district",
        "state": "open",
        "amount": 412,
        "reason": "The need of this group was seen too late in the last three windows.",
        "changed_at": datetime.now(UTC),
    }


@transaction.atomic
def bare() -> None:
    """The write alone."""
    PlainCase.objects.create(**_values())


@transaction.atomic
def edgewise() -> None:
    """The write and its leaf, with actor, system, time and every value."""
    values = _values()
    case = PlainCase.objects.create(**values)
    at = values.pop("changed_at")
    services.record(event=CaseOpened(subject=str(case.pk), **values), actor=ACTOR, system="system-1", at=at)


@transaction.atomic
def _tracked() -> None:
    TrackedCase.objects.create(**_values())


def pghistory_trigger() -> None:
    """A row of history by trigger, without knowing who."""
    _tracked()


def pghistory_context() -> None:
    """The same with django-pghistory's context, which says who and where."""
    with pghistory.context(user=ACTOR, system="system-1"):
        _tracked()


def _created(model: type[models.Model]) -> Callable[[], None]:
    @transaction.atomic
    def create() -> None:
        model._default_manager.create(**_values())

    return create


CONTESTANTS: dict[str, Callable[[], None]] = {
    "bare": bare,
    "edgewise": edgewise,
    "django-pghistory": pghistory_trigger,
    "django-pghistory + context": pghistory_context,
    "django-auditlog": _created(LoggedCase),
    "django-simple-history": _created(HistoricCase),
}


def check() -> None:
    """Raise AssertionError unless each contestant leaves the trace that it is here for."""
    for write in CONTESTANTS.values():
        write()
    tracked = apps.get_model("benchmarks", "TrackedCaseEvent")._default_manager
    found = {
        "edgewise": Leaf.objects.filter(actor=ACTOR).count(),
        "django-pghistory": tracked.filter(pgh_context=None).count(),
        "django-pghistory + context": tracked.filter(pgh_context__metadata__user=ACTOR).count(),
        "django-auditlog": LogEntry.objects.count(),
        "django-simple-history": HistoricCase.history.count(),
    }
    assert set(found.values()) == {1}, found
