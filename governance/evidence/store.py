"""The uploaded files themselves, each under its own SHA-256, so that a figure can be recomputed from what was read."""

from __future__ import annotations

import hashlib
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage, storages

from governance.errors import Conflict, NotFound

PLACE = "evidence"
"""The storage of settings.STORAGES: a folder, or an object store for an installation of several machines."""


def keep(file: IO[bytes]) -> str:
    """Keep a file, unless it is kept already; return its digest."""
    digest, store = digest_of(file), place()
    name = _name(digest)
    # A writer that was killed may have left half of it.
    if store.exists(name) and not _is_whole(store, digest):
        store.delete(name)
    if not store.exists(name):
        file.seek(0)
        store.save(name, File(file))
    return digest


def content(digest: str) -> File[bytes]:
    """Return the file with this digest, open. Raises NotFound when it is kept nowhere, Conflict when it was altered."""
    store = place()
    if not store.exists(_name(digest)):
        raise NotFound(f"The file with the digest {digest[:12]} is not kept here any more.", code="file-gone")
    if not _is_whole(store, digest):
        raise Conflict(f"The file that was kept as {digest[:12]} has other bytes now.", code="integrity-conflict")
    return store.open(_name(digest))


def digest_of(file: IO[bytes] | File[bytes]) -> str:
    """Return the SHA-256 of a file, whatever its size."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _is_whole(store: Storage, digest: str) -> bool:
    with store.open(_name(digest)) as file:
        return digest_of(file) == digest


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def place() -> Storage:
    """Return where evidence is kept."""
    return storages[PLACE]
