from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The Django app of the machine-readable faces."""

    name = "api"
