from __future__ import annotations

from django.apps import AppConfig


class SpecsConfig(AppConfig):
    """The Django app of `governance.specs`."""

    name = "governance.specs"
    label = "specs"
