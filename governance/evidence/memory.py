"""How much memory the reading of one file may take, whatever the file says of itself. Pure; Linux only.

Checks of a format go by what a file states, and a forged one states little. Beyond the limit the kernel gives nothing
more (RLIMIT_DATA, setrlimit(2)), which Python and Arrow report as errors like any other.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.errors import Invalid, Problem

STATUS = Path("/proc/self/status")
_lock = threading.Lock()
_found: list[tuple[int, int]] = []
"""What each reading that has begun and not ended found as the limit: the first one, the process's own."""


@contextmanager
def limited(most: int) -> Iterator[None]:
    """Let this process take at most `most` bytes beyond what it holds, until this ends; what others of its threads
    take meanwhile is among them.

    Raises Invalid when more was asked for, once everything that was taken is free again.
    """
    with _limit(most):
        try:
            yield
            return
        except MemoryError as error:
            # What its frames hold would live as long as the refusal.
            traceback.clear_frames(error.__traceback__)
    what = f"reading it takes over {most // 1_000_000} MB of memory."
    problem = Problem("file", what, "Split the evaluation, and leave long texts out.")
    raise Invalid(f"The file cannot be read. {problem}", code="too-much-memory", problems=(problem,))


@contextmanager
def _limit(most: int) -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    import resource

    with _lock:
        own = resource.getrlimit(resource.RLIMIT_DATA)
        # Who comes second shares what the first one may take: the limit is the process's.
        if not _found:
            known = [limit for limit in own if limit != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_DATA, (min([_held() + most, *known]), own[1]))
        _found.append(own)
    try:
        yield
    finally:
        with _lock:
            if len(_found) == 1:
                resource.setrlimit(resource.RLIMIT_DATA, _found[0])
            _found.pop()


def _held() -> int:
    """Return the bytes of private memory of this process, as its limit counts them."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024
