from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The Django app of `governance.monitoring`."""

    name = "governance.monitoring"
    label = "monitoring"
