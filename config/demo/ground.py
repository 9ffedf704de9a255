"""The folder in which the demonstration may work: one that it made itself, never that of a real installation."""

from __future__ import annotations

import shutil
from pathlib import Path

from config import embedded, schema
from config.embedded import folder as folders
from config.processes import ProcessFailed
from config.processes.holding import FILE, held

MARK = "made-by-the-demonstration"
MARKED = "The demonstration made what lies here, with the tables {}; `edgewise demo --clean` removes it.\n"
MADE = ("beat-schedule*", "demo", "evidence", "keys", "logs", "mlflow", "static")
"""What the demonstration makes, beside its database, the mark and the file that says what runs."""
TELLING = ("beat-schedule*", "demo/*", "evidence/*", "keys/*", "mlflow/*")
"""What lies only in the folder of something that has run."""


class Outdated(ProcessFailed):
    """The demonstration in the folder was made with other tables than this version has."""


class NotOurs(ProcessFailed):
    """The folder holds an installation that the demonstration did not make."""


def claim(folder: Path) -> None:
    """Mark `folder` as the demonstration's; raise NotOurs when something else lives there, Outdated when a
    demonstration does whose tables are not those of this version.

    An embedded database without a single entry in the log is nothing yet: `make check` leaves one.
    """
    mark = MARKED.format(schema.fingerprint())
    if (folder / MARK).exists():
        if (folder / MARK).read_text() != mark:
            raise Outdated(
                f"{folder} holds the demonstration of another version of Edgewise, with other tables than this one's. "
                "Remove it with `make demo-clean`, then start again."
            )
        return
    if found := _installation(folder):
        raise NotOurs(
            f"{folder} holds {found} that the demonstration did not make, so it stays away from there. "
            "Name another folder: EDGEWISE_DATA_DIR=/tmp/edgewise-demonstration make demo"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(mark)


def clean(folder: Path) -> str:
    """Remove what the demonstration made in `folder` and nothing else; return a sentence that says what became of it.

    Raises NotOurs when an installation is there that it did not make, ProcessFailed while one runs there.
    """
    if not (folder / MARK).exists():
        if found := _installation(folder):
            raise NotOurs(f"{folder} holds {found} that the demonstration did not make. Nothing was removed.")
        return f"There is no demonstration in {folder}."
    with held(folder):
        _stop_what_was_left(folder)
        embedded.remove(folder)
        for path in (path for pattern in MADE for path in folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (folder / FILE).unlink()
        (folder / MARK).unlink()
    return f"Removed the demonstration from {folder}."


def _installation(folder: Path) -> str:
    """Return what of an installation lies in `folder`, in words; empty when it holds none."""
    for pattern in TELLING:
        if found := next(iter(folder.glob(pattern)), None):
            return str(found.relative_to(folder))
    return "a database with entries" if _has_entries(folder) else ""


def _has_entries(folder: Path) -> bool:
    import psycopg

    if not (folders.root_of(folder) / "server.json").exists() or not folders.read(folder).cluster.exists():
        return False
    with embedded.running(folder) as server, psycopg.connect(server.urls.owner) as connection:
        table = connection.execute("SELECT to_regclass('audit_leaf')").fetchone()
        if table is None or table[0] is None:
            return False
        return connection.execute("SELECT 1 FROM audit_leaf LIMIT 1").fetchone() is not None


def _stop_what_was_left(folder: Path) -> None:
    """Stop the database of a demonstration that was killed, by taking a lease of it and being the last to leave."""
    if (folders.root_of(folder) / "server.json").exists() and embedded.Postgres(folder).pid() is not None:
        with embedded.running(folder):
            pass
