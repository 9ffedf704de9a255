"""`manage.py generate_reference`: the reference documentation, from the code; `--check` only says what is stale."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import reference


class Command(BaseCommand):
    """Write docs/reference, or check it."""

    help = "Write docs/reference from the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--check`."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the pages; with `--check` raise CommandError naming those that are stale."""
        if not options["check"]:
            reference.write(reference.FOLDER)
        elif names := reference.stale(reference.FOLDER):
            raise CommandError(f"Stale in docs/reference: {', '.join(names)}. Run `make reference`.")
