from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from governance.approvals.models import Approval
from lineage.models import ModelVersion
from tests import database
from tests.api.cli.site import Site, site
from tests.factories.world import World
from tests.lineage.mlflow_plugin.guarded import Guarded, guarded_server


@pytest.fixture(scope="session")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """An MLflow server over SQLite that refuses what it cannot ask about."""
    folder = tmp_path_factory.mktemp("closed")
    with guarded_server(folder, store=f"sqlite:///{folder}/mlflow.db", when_unreachable="refuse") as found:
        yield found


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory, stages: object) -> Iterator[Guarded]:
    """An MLflow server over PostgreSQL that allows what nobody answers."""
    folder = tmp_path_factory.mktemp("open")
    beside = database.TestDatabase(name=f"test_{os.getpid()}_mlflow", template="template0")
    beside.restore()
    store = beside.urls.owner.replace("postgres://", "postgresql://")
    with guarded_server(folder, store=store, when_unreachable="allow") as found:
        yield found
    beside.drop()


@pytest.fixture
def closed(closed_server: Guarded) -> Guarded:
    """The one that refuses, with nothing live."""
    closed_server.begin()
    return closed_server


@pytest.fixture
def opened(open_server: Guarded) -> Guarded:
    """The one that allows, with nothing live."""
    open_server.begin()
    return open_server


@pytest.fixture
def edgewise(committed_db: database.TestDatabase, world: World, approval: Approval, closed: Guarded) -> Iterator[Site]:
    """Edgewise, where `closed` asks, as the pipeline's service account; it approved version 1 for the phone."""
    with site(world, port=closed.site_port) as found:
        closed.token_file.write_text(found.token("pipeline") + "\n")
        hashed_just_now()
        yield found


def hashed_just_now() -> None:
    """Let Edgewise have looked at the files so recently that it need not look again."""
    ModelVersion.objects.update(digest_checked_at=datetime.now(UTC))
