"""Background work on evidence: each task one call, safe to repeat."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from governance.evidence import uploading


@shared_task(name="evidence.read_upload")
def read_upload(*, upload_id: int, **_: Any) -> None:
    """Read a file that is here whole."""
    uploading.read(upload_id=upload_id, at=timezone.now())


@shared_task(name="evidence.sweep")
def sweep(**_: Any) -> None:
    """Have read what a broker lost or a reader left, and give up what nobody sends any more."""
    for pk in uploading.waiting(at=timezone.now()):
        read_upload.delay(upload_id=pk)
    uploading.give_up(at=timezone.now())
