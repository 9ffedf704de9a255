"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import django
import pytest

from config import embedded
from tests import database

django.setup()

from django.conf import settings  # noqa: E402

from tests.stages import (  # noqa: E402, F401 — fixtures for every folder, as those below
    Stages,
    _approved,
    _begun,
    _opened,
    _ratified,
    approval,
    candidate,
    point_at,
    specification,
    world,
)
from tests.tracking import mlflow_database, mlflow_stack, mlflow_url, outreach  # noqa: E402, F401

# Hashing that is slow by design would be most of the time of every test with people in it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def stages(django_db_blocker: object) -> Iterator[Stages]:
    """This process's own migrated databases, on a server that starts with the first test that needs one."""
    from config.celery import app

    with embedded.running(database.SERVER, durable=False), django_db_blocker.unblock():
        bare = database.clone(f"test_{os.getpid()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
        os.environ.update(DATABASE_URL=bare.urls.application, DATABASE_OWNER_URL=bare.urls.owner)
        point_at(bare)
        app.conf.broker_transport_options["conn_string"] = bare.urls.application
        found = Stages(bare=bare)
        yield found
        found.drop()


@pytest.fixture(scope="module")
def test_database(stages: Stages) -> database.TestDatabase:
    """The database with nothing but its tables, for what commits to it and restores it."""
    point_at(stages.bare)
    return stages.bare


@pytest.fixture
def django_db_setup(request: pytest.FixtureRequest, stages: Stages, django_db_blocker: object) -> None:
    """Let `@pytest.mark.django_db` tests run as the application's role, each in a transaction that is rolled back,
    on the stage that their fixtures ask for."""
    with django_db_blocker.unblock():
        point_at(stages.wanted(request.fixturenames))


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, stages: Stages, django_db_blocker: object
) -> Iterator[database.TestDatabase]:
    """Let the test commit, from several threads or processes too (DATABASE_URL leads there); restored afterwards."""
    from django.db import connections

    if request.node.get_closest_marker("django_db"):
        pytest.fail("Use either committed_db or the mark django_db: the mark's transaction would hide every commit.")
    with django_db_blocker.unblock():
        stage = stages.wanted(request.fixturenames)
        point_at(stages.bare)
        if stage is not stages.bare:
            connections.close_all()
            stages.bare.restore(stage)
        yield stages.bare
        connections.close_all()
        stages.bare.restore()
