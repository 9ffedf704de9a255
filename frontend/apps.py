from __future__ import annotations

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """The Django app of the pages."""

    name = "frontend"
