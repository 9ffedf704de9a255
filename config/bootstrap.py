"""Django for a command that is not manage.py: its database running, its settings loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from config import embedded


@contextmanager
def installation() -> Iterator[None]:
    """Let Django be used inside: with DATABASE_URL as it is, without it on the embedded server, started if need be."""
    if os.environ.get("DATABASE_URL"):
        load({})
        yield
        return
    with embedded.running(embedded.default_data_dir()):
        load({})
        yield


def load(environment: Mapping[str, str]) -> None:
    """Load Django with `environment` added to this process's own."""
    import django

    os.environ.update(environment)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
