#!/usr/bin/env python
"""Django's command line for Edgewise. Without DATABASE_URL it keeps the embedded server running meanwhile."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext

HELP = {"help", "version", "--help", "-h", "--version"}
WITHOUT_DATABASE = HELP | {"collectstatic", "spectacular", "generate_reference"}


def main(arguments: list[str]) -> None:
    """Run a management command with the project's settings; `migrate` goes to the owner unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    if command == "migrate" and not any(argument.startswith("--database") for argument in arguments):
        arguments = [*arguments, "--database", "owner"]
    from config.embedded import DatabaseUnavailable

    try:
        with database(command):
            from django.core.management import execute_from_command_line

            execute_from_command_line(arguments)
    except DatabaseUnavailable as error:
        sys.exit(str(error))


def database(command: str) -> AbstractContextManager[object]:
    """Return what keeps the embedded server running for `command`, or nothing when it is not needed."""
    if os.environ.get("DATABASE_URL") or command in WITHOUT_DATABASE:
        return nullcontext()
    from config import embedded

    return embedded.running(embedded.default_data_dir())


if __name__ == "__main__":
    main(sys.argv)
