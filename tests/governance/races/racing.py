"""Two calls at the same moment, each in its own thread, connection and transaction, committed for real."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from governance.errors import Conflict, NotAllowedNow

Call = Callable[[], Any]


def race(*calls: Call) -> list[str]:
    """Start `calls` together; return how each ended: "won", "too late" (Conflict or NotAllowedNow), or the error."""
    start = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(_run, call, start) for call in calls]]


def one_wins(ended: list[str]) -> bool:
    """Say whether one call won and every other was told that it came too late."""
    return sorted(ended) == ["too late"] * (len(ended) - 1) + ["won"]


def _run(call: Call, start: threading.Barrier) -> str:
    try:
        start.wait(timeout=30)
        call()
    except (Conflict, NotAllowedNow):
        return "too late"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connections.close_all()
    return "won"
