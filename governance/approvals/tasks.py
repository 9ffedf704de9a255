"""Background work on approvals: each task one call, safe to repeat."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from governance.accounts.selectors import machine
from governance.approvals import issuing, writing_back
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import ApprovalState, WriteBackState
from governance.errors import DomainError, NotAllowedNow
from lineage import sync
from lineage.models import ModelVersion

logger = logging.getLogger(__name__)
OFTEN, SELDOM = 5, 10
"""Attempts that follow each other every minute, and minutes between later ones."""


@shared_task(name="approvals.write_back")
def write_back(*, write_back_id: int, **_: Any) -> None:
    """Tell MLflow how an approval stands."""
    writing_back.deliver(write_back_id=write_back_id, by=machine(), at=timezone.now())


@shared_task(name="approvals.look_again")
def look_again(*, version_id: int, **_: Any) -> None:
    """Hash the files of a version again; what comes of it stands on its row."""
    try:
        sync.rehash(version=ModelVersion.objects.get(pk=version_id), at=timezone.now())
    except DomainError as error:
        logger.warning("%s", error.message)


@shared_task(name="approvals.sweep")
def sweep(**_: Any) -> None:
    """Dispatch again what a broker or an unreachable MLflow lost; what failed often, every ten minutes only, so that a
    server that is away does not hold up everything else."""
    waiting = WriteBack.objects.filter(state=WriteBackState.PENDING).order_by("pk")
    if timezone.now().minute % SELDOM:
        waiting = waiting.filter(attempts__lt=OFTEN)
    for pk in waiting.values_list("pk", flat=True):
        write_back.delay(write_back_id=pk)


@shared_task(name="approvals.expire")
def expire(**_: Any) -> None:
    """Record the approvals that have lapsed; the check refuses them already."""
    for pk in Approval.objects.filter(state=ApprovalState.ACTIVE).order_by("pk").values_list("pk", flat=True):
        try:
            issuing.lapse(approval_id=pk, by=machine(), at=timezone.now())
        except NotAllowedNow:
            continue
        except DomainError:
            logger.exception("Approval %s could not be examined; the others are.", pk)
