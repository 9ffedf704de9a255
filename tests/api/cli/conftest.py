from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import database
from tests.api.cli.site import Site, site
from tests.factories.world import World


@pytest.fixture
def running(committed_db: database.TestDatabase) -> Iterator[Site]:
    """A site with the system `outreach`, its people, and a ratified specification."""
    world = World.begin()
    world.ratify()
    with site(world) as found:
        yield found
