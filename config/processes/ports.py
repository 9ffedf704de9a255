"""Ports on loopback, and whether a server answers on them."""

from __future__ import annotations

import http.client
from collections.abc import Callable

from config.embedded.folder import DatabaseUnavailable, free_port, is_free

TRIED = 50


def choose(preferred: int, *, service: str, say: Callable[[str], None], taken: set[int]) -> int:
    """Return `preferred` (0: any) or the next free port, telling the reader by `say`; it is added to `taken`.

    Raise DatabaseUnavailable when none of the next 50 is free.
    """
    port = preferred or free_port()
    for candidate in range(port, port + TRIED):
        if candidate not in taken and is_free(candidate):
            break
    else:
        raise DatabaseUnavailable(f"Ports {port} to {port + TRIED - 1} are all taken; {service} cannot start.")
    if candidate != port:
        say(f"Port {port} is taken; {service} uses {candidate} instead.")
    taken.add(candidate)
    return candidate


def answers(port: int, path: str) -> bool:
    """Whether a web server on `port` answers `path` with anything but its own failure."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
