"""`edgewise restore FILE`: read the record and the keys back into an empty installation."""

from __future__ import annotations

from pathlib import Path

from config import bootstrap
from config.commands import console


def run(arguments: list[str]) -> int:
    """Restore the archive, then bring the database up to date; return the exit code."""
    parser = console.parser("restore", "Read a backup into an empty installation (another EDGEWISE_DATA_DIR).")
    parser.add_argument("file", type=Path, help="what edgewise backup wrote")
    options = parser.parse_args(arguments)
    with bootstrap.installation():
        return console.attempt(lambda: _restore(options.file))


def _restore(file: Path) -> None:
    from django.core.management import call_command

    from config import archive

    archive.restore(file)
    call_command("prepare_database", verbosity=0)
    console.say("Restored. The sequencer compares the whole log once when it starts.")
