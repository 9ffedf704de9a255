from __future__ import annotations

from django.apps import AppConfig


class GatesConfig(AppConfig):
    """The Django app of `governance.gates`."""

    name = "governance.gates"
    label = "gates"
