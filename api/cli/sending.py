"""Sending a file as evidence: at once, or in parts where it is large, telling how far it is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.client import Client

AT_ONCE = 32 * 1024 * 1024
"""Bytes up to which a file is sent whole, and read while one waits."""
ASK_EVERY = 1.0
"""Seconds."""


def send(client: Client, *, system: str, file: Path, results: Path | None, said: Mapping[str, str]) -> dict[str, Any]:
    """Send a file with what is `said` of it, and return the evaluation that it became.

    Raises Refused with what is wrong, and Unreachable; a large file that was cut off goes on where it was when it is
    sent again.
    """
    if file.stat().st_size <= AT_ONCE:
        files = {name: (path.name, path.read_bytes()) for name, path in (("file", file), ("results", results)) if path}
        found: dict[str, Any] = client.upload(f"systems/{system}/evidence-files", fields=said, files=files)
        return found
    return _in_parts(client, system=system, file=file, results=results, said=said)


def _in_parts(
    client: Client, *, system: str, file: Path, results: Path | None, said: Mapping[str, str]
) -> dict[str, Any]:
    path = f"systems/{system}/evidence-uploads"
    with file.open("rb") as opened, _told() as tell:
        about = {name: value for name, value in said.items() if value} | {
            "name": file.name,
            "size": file.stat().st_size,
            "digest": hashlib.file_digest(opened, "sha256").hexdigest(),
        }
        if results:
            about["results"] = results.read_text(encoding="utf-8")
        found = client.send_in_parts(path, about=about, file=opened, told=tell)
        while found["state"] == "reading":
            time.sleep(ASK_EVERY)
            found = client.get(f"{path}/{found['id']}")
            tell(found)
    if found["state"] == "refused":
        raise _refusal(found)
    rows = client.rows(f"systems/{system}/evidence", model=said["model"])
    return next(row for row in rows if row["digest"] == found["evaluation"])


def _refusal(found: Mapping[str, Any]) -> Exception:
    from api.client import Place, Refused

    places = tuple(Place(row["where"], row["what"], row["remedy"]) for row in found["problems"])
    return Refused(found["detail"], code="refused", status=422, places=places)


@contextmanager
def _told() -> Iterator[Any]:
    """Give what tells how far a file was sent and read, on the terminal's other channel."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        sent, read = progress.add_task("sent", total=None), progress.add_task("read", total=100)

        def tell(found: Mapping[str, Any]) -> None:
            progress.update(sent, total=found["size"], completed=found["received"])
            progress.update(read, completed=found["percent"])

        yield tell
