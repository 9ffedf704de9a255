from __future__ import annotations

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """The Django app of the mirror of MLflow."""

    name = "lineage"
    label = "lineage"
