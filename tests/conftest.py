"""What every test may use. The environment is settled before Django reads it, so a bare `pytest` works."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from config import embedded
from tests import database

_data_dir = tempfile.mkdtemp(prefix="edgewise-test-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.mkdir(os.path.join(_data_dir, "static"))
_urls = embedded.database_urls(database.SERVER)
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    EDGEWISE_PRODUCTION="false",
    EDGEWISE_DATA_DIR=_data_dir,
    DATABASE_URL=_urls.application,
    DATABASE_OWNER_URL=_urls.owner,
)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402

from tests.tracking import mlflow_url, outreach  # noqa: E402, F401 — fixtures for every folder

# Hashing that is slow by design would be most of the time of every test with people in it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def test_database(django_db_blocker: object) -> Iterator[database.TestDatabase]:
    """This process's own migrated database, on a server that starts with the first test that needs one."""
    from django.db import connections

    from config.celery import app

    with embedded.running(database.SERVER, durable=False), django_db_blocker.unblock():
        fresh = database.clone(f"test_{os.getpid()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
        os.environ.update(DATABASE_URL=fresh.urls.application, DATABASE_OWNER_URL=fresh.urls.owner)
        for alias in ("default", "owner"):
            database.point_at(connections[alias].settings_dict, fresh.urls.owner, fresh.name)
        app.conf.broker_transport_options["conn_string"] = fresh.urls.application
        yield fresh
        connections.close_all()
        fresh.drop()


@pytest.fixture(scope="session")
def django_db_setup(test_database: database.TestDatabase) -> None:
    """Let `@pytest.mark.django_db` tests run as the application's role, each in a transaction that is rolled back."""


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, test_database: database.TestDatabase, django_db_blocker: object
) -> Iterator[database.TestDatabase]:
    """Let the test commit, from several threads or processes too (DATABASE_URL leads there); restored afterwards."""
    from django.db import connections

    if request.node.get_closest_marker("django_db"):
        pytest.fail("Use either committed_db or the mark django_db: the mark's transaction would hide every commit.")
    with django_db_blocker.unblock():
        yield test_database
        connections.close_all()
        test_database.restore()
