"""The project as a Django app: its commands, and the Celery app that tasks are sent through."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the Celery app known before the first task is sent."""

    name = "config"

    def ready(self) -> None:
        """Import the Celery app, which binds every `shared_task` to it."""
        import config.celery  # noqa: F401
