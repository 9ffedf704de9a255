"""What identifies the tables that this version makes, without a database."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("governance", "lineage", "api")
BESIDE = ("governance/guards.py", "lineage/edges.py", "config/queue.py")
"""What migrations and the queue are made with, beside the states."""


def fingerprint() -> str:
    """Return twelve hexadecimal digits that change with the migrations, with what they are made from, and with the
    packages that bring tables of their own."""
    seen = hashlib.sha256()
    for path in sorted(_sources()):
        seen.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    for package in ("django", "pgmq"):
        seen.update(importlib.metadata.version(package).encode())
    return seen.hexdigest()[:12]


def _sources() -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).glob("**/migrations/*.py")
        yield from (ROOT / app).glob("**/states.py")
    yield from (ROOT / name for name in BESIDE)
