"""Ports on loopback, and whether a server answers on them."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.embedded.folder import DatabaseUnavailable, free_port, is_free

TRIED = 50


@contextmanager
def reserved(preferred: int, *, service: str, say: Callable[[str], None]) -> Iterator[int]:
    """Give `preferred` (0: any) or the next free port, telling the reader by `say`; keep others of us off it meanwhile.

    Raise DatabaseUnavailable when none of the next 50 is free.
    """
    first = preferred or free_port()
    with socket.socket(socket.AF_UNIX) as claim:
        for port in range(first, first + TRIED):
            if is_free(port) and _claimed(claim, port):
                break
        else:
            raise DatabaseUnavailable(f"Ports {first} to {first + TRIED - 1} are all taken; {service} cannot start.")
        if port != first:
            say(f"Port {first} is taken; {service} uses {port} instead.")
        yield port


def _claimed(claim: socket.socket, port: int) -> bool:
    """Bind an abstract name (unix(7)) for the port, which the kernel frees with this process, however that ends.

    The port itself cannot be held: it takes seconds until the child that listens there has started.
    """
    try:
        claim.bind(f"\0edgewise-port-{port}")
    except OSError:
        return False
    return True


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
