from __future__ import annotations

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The Django app of `governance.exports`."""

    name = "governance.exports"
    label = "exports"
