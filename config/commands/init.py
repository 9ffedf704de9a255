"""`edgewise init FILE`: set up an installation on this machine as a file describes it."""

from __future__ import annotations

from pathlib import Path

from config import bootstrap
from config.commands import console


def run(arguments: list[str]) -> int:
    """Prepare the database and set up what the file describes and what is not there yet; return the exit code."""
    parser = console.parser("init", "Set up keys, people, systems and tracking servers. Safe to repeat.")
    parser.add_argument("file", type=Path, help="the description, in YAML: config/demo/installation.yaml is one")
    options = parser.parse_args(arguments)
    with bootstrap.installation():
        from django.core.management import call_command

        from config import installing

        call_command("prepare_database", verbosity=0)
        return console.attempt(lambda: installing.apply(options.file, say=console.say))
