"""Django and a durable PostgreSQL of the benchmarks' own, made for one run and removed after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
def prepared() -> Iterator[None]:
    """Start an empty server with durable settings, make all tables, and set Django up as the application's role."""
    embedded.remove(DATA_DIR)
    with embedded.running(DATA_DIR):
        _set_up()
        _migrate()
        yield
    embedded.remove(DATA_DIR)


def _set_up() -> None:
    import django
    from django.conf import settings

    urls = embedded.database_urls(DATA_DIR)
    databases = {
        "default": environ.Env.db_url_config(urls.application),
        "owner": environ.Env.db_url_config(urls.owner),
    }
    settings.configure(
        INSTALLED_APPS=APPS,
        DATABASES=databases,
        DATABASE_APPLICATION_ROLE=databases["default"]["USER"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def _migrate() -> None:
    from auditlog.registry import auditlog
    from django.core.management import call_command
    from django.db import connections

    from benchmarks.models import LoggedCase

    auditlog.register(LoggedCase)
    for synchronised in (False, True):  # first what has migrations, since the benchmark's own tables refer to it
        call_command("migrate", database="owner", run_syncdb=synchronised, verbosity=0)
    with redirect_stdout(sys.stderr):
        call_command("pgtrigger", "install", database="owner")
    connections.close_all()
