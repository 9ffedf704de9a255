from __future__ import annotations

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The Django app of `governance.evidence`."""

    name = "governance.evidence"
    label = "evidence"
