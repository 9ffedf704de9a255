"""What is kept of an upload until it is evidence or refused: the parts of its file, and how far it was read."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile

from governance.errors import Invalid, Problem
from governance.evidence.store import place

RECEIVED, GATHERED = "received", "gathered"


def keep(upload: int, kind: str, number: int, content: bytes) -> None:
    """Keep a part under its number, in the place of what an attempt that was cut off may have left there."""
    store, name = place(), f"{_folder(upload, kind)}/{number:020d}"
    if store.exists(name):
        store.delete(name)
    store.save(name, ContentFile(content))


def kept(upload: int, kind: str) -> Iterator[bytes]:
    """Yield the parts in the order of their numbers."""
    store = place()
    for name in _names(upload, kind):
        with store.open(f"{_folder(upload, kind)}/{name}") as part:
            yield part.read()


@contextmanager
def whole(upload: int, *, digest: str) -> Iterator[IO[bytes]]:
    """Give the file that the parts make, for as long as it is read. Raises Invalid when it has another digest."""
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        found = hashlib.sha256()
        for part in kept(upload, RECEIVED):
            found.update(part)
            file.write(part)
        if found.hexdigest() != digest:
            what = f"what came has the digest {found.hexdigest()[:12]}, and was said to have {digest[:12]}."
            problem = Problem("digest", what, "Send it again.")
            raise Invalid(f"The file did not arrive whole. {problem}", code="other-digest", problems=(problem,))
        yield file


def drop(upload: int) -> None:
    """Keep nothing any more."""
    store = place()
    for kind in (RECEIVED, GATHERED):
        for name in _names(upload, kind):
            store.delete(f"{_folder(upload, kind)}/{name}")
        store.delete(_folder(upload, kind))
    store.delete(f"uploads/{upload}")


def uploads() -> list[int]:
    """Return the uploads of which anything is kept."""
    try:
        return sorted(int(name) for name in place().listdir("uploads")[0] if name.isdecimal())
    except FileNotFoundError:
        return []


def _names(upload: int, kind: str) -> list[str]:
    try:
        return sorted(place().listdir(_folder(upload, kind))[1])
    except FileNotFoundError:
        return []


def _folder(upload: int, kind: str) -> str:
    return f"uploads/{upload}/{kind}"
