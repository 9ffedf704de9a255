from __future__ import annotations

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The Django app of `governance.approvals`."""

    name = "governance.approvals"
    label = "approvals"
