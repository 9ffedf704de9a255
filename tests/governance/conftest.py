"""What the domain's tests share."""

from __future__ import annotations

import pytest

from tests.factories.world import World


@pytest.fixture
def world(db: None) -> World:
    """An installation with a system, people and groups, in the test's own transaction."""
    return World.begin()
