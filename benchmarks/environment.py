"""Django and a durable PostgreSQL of the benchmarks' own, made for one run and removed after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import environ

from config import embedded

DATA_DIR = Path(__file__).resolve().parent.parent / "var" / "bench"
APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "pgtrigger",
    "pghistory",
    "auditlog",
    "simple_history",
    "governance.audit",
    "benchmarks.apps.BenchmarksConfig",
]


@contextmanager
def prepared(apps: Sequence[str] = APPS) -> Iterator[None]:
    """Start an empty server with durable settings, make all tables of `apps`, and set Django up as the application's
    role."""
    embedded.remove(DATA_DIR)
    with embedded.running(DATA_DIR):
        _set_up(apps)
        _migrate(apps)
        yield
    embedded.remove(DATA_DIR)


def _set_up(apps: Sequence[str]) -> None:
    import django
    from django.conf import settings

    urls = embedded.database_urls(DATA_DIR)
    databases = {
        "default": environ.Env.db_url_config(urls.application),
        "owner": environ.Env.db_url_config(urls.owner),
    }
    settings.configure(
        INSTALLED_APPS=list(apps),
        DATABASES=databases,
        DATABASE_APPLICATION_ROLE=databases["default"]["USER"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def _migrate(apps: Sequence[str]) -> None:
    from django.core.management import call_command
    from django.db import connections

    if "auditlog" in apps:
        _register_for_auditlog()
    for synchronised in (False, True):  # first what has migrations, since the benchmark's own tables refer to it
        call_command("migrate", database="owner", run_syncdb=synchronised, verbosity=0)
    if "pgtrigger" in apps:
        with redirect_stdout(sys.stderr):
            call_command("pgtrigger", "install", database="owner")
    connections.close_all()


def _register_for_auditlog() -> None:
    from auditlog.registry import auditlog

    from benchmarks.models import LoggedCase

    auditlog.register(LoggedCase)
