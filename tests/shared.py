"""Real data that is shared between projects, and never copied into this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def folder(name: str) -> Path:
    """Return a folder of the data. Skips the test where nobody says where it is; fails where they are mistaken."""
    named = os.environ.get("EDGEWISE_SHARED_DATA")
    if not named:
        pytest.skip(f"EDGEWISE_SHARED_DATA is not set, so there is no {name} to read.")
    found = Path(named) / name
    assert found.is_dir(), f"EDGEWISE_SHARED_DATA is {named}, which has no folder {name}."
    return found
