from __future__ import annotations

from django.apps import AppConfig


class SystemsConfig(AppConfig):
    """The Django app of `governance.systems`."""

    name = "governance.systems"
    label = "systems"
