from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from governance.audit import keys, services
from governance.errors import DomainError

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0


class Command(BaseCommand):
    help = "Bring committed entries into the signed tree, again and again; several may run, one works at a time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do it once and end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys.log_key()
            if options["once"]:
                self.stdout.write(f"The signed tree has {services.integrate(at=datetime.now(UTC))} leaves.")
            else:
                self._run()
        except DomainError as error:
            raise CommandError(error.message) from error

    def _run(self) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        log.info("sequencing %s every %s", settings.LOG_ORIGIN, settings.SEQUENCER_INTERVAL)
        while not ended.wait(self._step()):
            pass

    def _step(self) -> float:
        """Do one batch; return the seconds to wait before the next."""
        try:
            services.integrate(at=datetime.now(UTC))
        except OperationalError as error:
            log.warning("the database is away, trying again: %s", error)
            connection.close()
            return RETRY_SECONDS
        return float(settings.SEQUENCER_INTERVAL.total_seconds())
