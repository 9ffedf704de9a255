"""Background work of monitoring."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from governance.accounts.selectors import machine
from governance.monitoring import watching
from lineage.models import TrackingServer


@shared_task(name="monitoring.synchronise")
def synchronise(**_: Any) -> None:
    """Bring the mirror up to date and judge what changed, for every tracking server."""
    watching.watch(by=machine(), at=timezone.now())


@shared_task(name="monitoring.hear")
def hear(*, server_key: str, **_: Any) -> None:
    """Read again what hints of a tracking server name, and judge what changed."""
    server = TrackingServer.objects.get(key=server_key)
    watching.hear(server=server, by=machine(), at=timezone.now())
