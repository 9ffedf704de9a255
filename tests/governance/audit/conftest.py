from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from governance.audit import keys
from tests import database


@pytest.fixture
def log_key(tmp_path: Path, settings: Settings) -> None:
    """A fresh signing key for the log."""
    settings.KEY_DIR = tmp_path / "keys"
    keys.create_log_key()


@pytest.fixture
def log(committed_db: database.TestDatabase, log_key: None) -> database.TestDatabase:
    """A database that commits, with a log that has a key of its own."""
    return committed_db
