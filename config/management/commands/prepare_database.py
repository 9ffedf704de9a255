"""`manage.py prepare_database`: everything the owner has to do before Edgewise can run, safe to repeat."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from psycopg.conninfo import make_conninfo

from config import connecting, queue


class Command(BaseCommand):
    """Migrate as the owner, then install the queue that background work waits in."""

    help = "Migrate as the owner and install the queue inside PostgreSQL."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do both; raise CommandError when no owner is configured."""
        if "owner" not in settings.DATABASES:
            raise CommandError("Set DATABASE_OWNER_URL: only the owner of the database may prepare it.")
        call_command("migrate", database="owner", interactive=False, verbosity=options["verbosity"])
        if not settings.CELERY_BROKER_URL:
            queue.install(
                make_conninfo(**connecting.parameters("owner")), application=settings.DATABASE_APPLICATION_ROLE
            )
