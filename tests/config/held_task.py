"""A task for the worker tests: it notes each attempt in the database and ends only when it is let go."""

from __future__ import annotations

import uuid

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.waiting import until

LET_GO = "let-go"
DONE = "done"


@shared_task(name="tests.held")
def held() -> None:
    """Note an attempt, wait to be let go, note the end."""
    note(f"attempt-{uuid.uuid4().hex[:16]}")
    until(Session.objects.filter(session_key=LET_GO).exists, seconds=60, what="being let go")
    note(DONE)


def note(key: str) -> None:
    """Leave `key` for the other process to see."""
    Session.objects.get_or_create(session_key=key, defaults={"session_data": "", "expire_date": timezone.now()})


def attempts() -> int:
    """How often the task has started."""
    return Session.objects.filter(session_key__startswith="attempt-").count()


def is_done() -> bool:
    """Whether the task has come to its end."""
    return Session.objects.filter(session_key=DONE).exists()
