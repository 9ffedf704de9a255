"""The uploaded files themselves, each under its own SHA-256, so that a figure can be recomputed from what was read."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from governance import canonical
from governance.errors import Conflict, NotFound

PLACE = "evidence"
"""The storage of settings.STORAGES: a folder, or an object store for an installation of several machines."""


def keep(content: bytes) -> str:
    """Keep a file, unless it is kept already; return its digest."""
    digest, store = canonical.digest_bytes(content), _store()
    name = _name(digest)
    # A writer that was killed may have left half of it.
    if store.exists(name) and not _is_whole(store, digest):
        store.delete(name)
    if not store.exists(name):
        store.save(name, ContentFile(content))
    return digest


def content(digest: str) -> bytes:
    """Return the file with this digest. Raises NotFound when it is kept nowhere, Conflict when it was altered."""
    store = _store()
    if not store.exists(_name(digest)):
        raise NotFound(f"The file with the digest {digest[:12]} is not kept here any more.", code="file-gone")
    if not _is_whole(store, digest):
        raise Conflict(f"The file that was kept as {digest[:12]} has other bytes now.", code="integrity-conflict")
    return _read(store, digest)


def _is_whole(store: Storage, digest: str) -> bool:
    return canonical.digest_bytes(_read(store, digest)) == digest


def _read(store: Storage, digest: str) -> bytes:
    with store.open(_name(digest)) as file:
        return bytes(file.read())


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def _store() -> Storage:
    return storages[PLACE]
