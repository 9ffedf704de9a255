from __future__ import annotations

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    """The Django app of `governance.deliberation`."""

    name = "governance.deliberation"
    label = "deliberation"
