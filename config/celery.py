"""Work in the background. Nothing lives only in the queue: what must happen has a row, from which it is sent again."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.conf import settings
from psycopg.conninfo import make_conninfo

from config import connecting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

QUEUE = "edgewise"
PROCESSES = 2
PREFETCH = 16
"""Messages read ahead by one worker; with one at a time the queue inside PostgreSQL is four times slower."""
SOFT = 0.9
"""After this part of its time a task is asked to stop; at the end it is ended."""


def broker() -> dict[str, Any]:
    """Return Celery's settings of the broker: CELERY_BROKER_URL, or else the queue inside our own PostgreSQL."""
    if settings.CELERY_BROKER_URL:
        return {"broker_url": settings.CELERY_BROKER_URL}
    place = settings.DATABASES["default"]
    options = {
        "conn_string": make_conninfo(**connecting.parameters("default")),
        "init_extension": False,
        "use_notify": True,
        "notify_throttle_interval_ms": 0,
        "wait_time_seconds": 0,
        "pool_size": 4,
        "visibility_timeout": int(settings.TASK_VISIBILITY.total_seconds()),
    }
    return {
        "broker_url": f"pgmq://{place['HOST']}:{place['PORT']}/{place['NAME']}",
        "broker_transport_options": options,
    }


app = Celery("edgewise")
app.conf.update(
    **broker(),
    broker_connection_retry_on_startup=True,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=settings.TASK_LIMIT.total_seconds(),
    task_soft_time_limit=SOFT * settings.TASK_LIMIT.total_seconds(),
    worker_concurrency=PROCESSES,
    worker_prefetch_multiplier=PREFETCH // PROCESSES,
    worker_enable_remote_control=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    beat_schedule={task: {"task": task, "schedule": every} for task, every in settings.TASK_SCHEDULE.items()},
    beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
)
app.autodiscover_tasks()
