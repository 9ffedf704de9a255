"""`manage.py verify_log`: check the whole stored log, as the auditor's page does, after a restore or by a script."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.audit.fsck import Finding, Progress
from governance.audit.verification import verify_everything


class Command(BaseCommand):
    """Check every entry, tile and tree head; exit code 1 names the first wrong record."""

    help = "Check the whole stored log."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the index to begin at."""
        parser.add_argument("--since", type=int, default=0, help="the index of the first entry to check")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check; raise CommandError with the finding."""
        for step in verify_everything(since=options["since"]):
            if isinstance(step, Finding):
                raise CommandError(str(step))
            if not isinstance(step, Progress):
                self.stdout.write(str(step))
