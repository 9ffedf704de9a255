"""Wait for a state instead of for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_never = threading.Event()


def until(condition: Callable[[], T], *, seconds: float, what: str) -> T:
    """Return the first true value of `condition`, asked again and again; fail naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} s in vain for {what}.")
        _never.wait(0.02)
    return value
