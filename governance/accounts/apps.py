from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The Django app of `governance.accounts`."""

    name = "governance.accounts"
    label = "accounts"
