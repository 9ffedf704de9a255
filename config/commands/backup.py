"""`edgewise backup FILE`: write the record and the keys to one archive."""

from __future__ import annotations

from pathlib import Path

from config import bootstrap
from config.commands import console


def run(arguments: list[str]) -> int:
    """Write the archive; return the exit code."""
    parser = console.parser("backup", "Write the database and the keys to a file that only its owner may read.")
    parser.add_argument("file", type=Path, help="where to; never overwritten")
    options = parser.parse_args(arguments)
    with bootstrap.installation():
        from config import archive

        return console.attempt(lambda: console.say(f"Written: {archive.write(options.file.resolve())}"))
