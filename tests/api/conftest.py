"""Clients of the API with real tokens."""

from __future__ import annotations

import pytest

from tests.api.asking import Asking
from tests.factories.world import World


@pytest.fixture
def asking(world: World) -> Asking:
    """Clients for its people, by name."""
    return Asking(world)
