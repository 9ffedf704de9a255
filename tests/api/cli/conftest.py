from __future__ import annotations

from collections.abc import Iterator

import pytest

from governance.specs.models import SpecificationVersion
from tests import database
from tests.api.cli.site import Site, site
from tests.factories.world import World


@pytest.fixture
def running(committed_db: database.TestDatabase, world: World, specification: SpecificationVersion) -> Iterator[Site]:
    """A site with the system `outreach`, its people, and a ratified specification."""
    with site(world) as found:
        yield found
