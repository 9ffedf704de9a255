"""What the beat sends exists."""

from __future__ import annotations

from django.conf import settings

from config.celery import app


def test_every_scheduled_name_is_a_task_of_the_worker() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == set(settings.TASK_SCHEDULE)
    assert scheduled <= set(app.tasks)


def test_what_may_be_lost_is_looked_for_in_the_schedule() -> None:
    assert {"monitoring.synchronise", "approvals.expire", "approvals.sweep"} <= set(settings.TASK_SCHEDULE)
