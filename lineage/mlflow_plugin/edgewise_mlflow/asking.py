"""Asking Edgewise, over `GET /api/v1/check`, whether a version may go live. Only its plain yes is a yes.

No redirect is followed, so that the token goes to no other host; no proxy and no `.netrc` of the machine is used.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from edgewise_mlflow.configuration import Configuration

LARGEST_BYTES = 1 << 18
TOO_SLOW = "timed out before its answer was whole"
UNAVAILABLE = frozenset({502, 503, 504})


class NoAnswer(Exception):
    """Nobody answers at Edgewise's address, or only a proxy that says so."""


def unmet(configuration: Configuration, *, model: str, context: str) -> list[str]:
    """Return what speaks against `models:/NAME/VERSION` going live in a context, in sentences; nothing only for a yes
    to exactly this question that holds now. Raises NoAnswer."""
    url = configuration.url
    try:
        token = configuration.token_file.read_text().strip()
    except (OSError, ValueError) as error:
        return [f"The token for Edgewise cannot be read: {error}."]
    if not token or not all("!" <= letter <= "~" for letter in token):
        return [f"{configuration.token_file} holds no token of Edgewise."]
    try:
        status, body = _get(configuration, token, f"/api/v1/check?{urlencode({'model': model, 'context': context})}")
    except ssl.SSLCertVerificationError as error:
        return [f"What answers at {url} cannot show that it is Edgewise: {error.verify_message}."]
    except OSError as error:
        raise NoAnswer(f"No answer from Edgewise at {url}: {error}.") from error
    except HTTPException as error:
        return [f"What answers at {url} is not Edgewise: {type(error).__name__}."]
    if status in UNAVAILABLE:
        raise NoAnswer(f"Edgewise at {url} is unavailable ({status}).")
    return _sentences(status, _document(body), url=url, context=context)


def _get(configuration: Configuration, token: str, path: str) -> tuple[int, bytes]:
    parts = urlsplit(configuration.url)
    of_kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = of_kind(str(parts.hostname), parts.port, timeout=configuration.timeout)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "edgewise-mlflow"}
    connection.connect()
    # The time-out of a socket bounds each wait for bytes; an answer that drips in would be waited for without end.
    late = threading.Event()
    whole = threading.Timer(configuration.timeout, _cut, [connection.sock, late])
    whole.start()
    try:
        connection.request("GET", parts.path + path, headers=headers)
        answer = connection.getresponse()
        found = answer.status, answer.read(LARGEST_BYTES)
    except HTTPException:
        if late.is_set():
            raise TimeoutError(TOO_SLOW) from None
        raise
    finally:
        whole.cancel()
        connection.close()
    if late.is_set():
        raise TimeoutError(TOO_SLOW)
    return found


def _cut(spoken: socket.socket, late: threading.Event) -> None:
    """Have whoever reads from a socket find its end."""
    late.set()
    with suppress(OSError):
        spoken.shutdown(socket.SHUT_RDWR)


def _document(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`, an empty one when there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sentences(status: int, answer: dict[str, Any], *, url: str, context: str) -> list[str]:
    if status != 200 or type(answer.get("allowed")) is not bool:
        said = answer.get("detail")
        what = said if isinstance(said, str) and said else "which is not an answer of Edgewise."
        return [f"{url} answered {status}: {what}"]
    listed = answer.get("unmet")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    found = [f"{row.get('key', '')}: {row.get('sentence', '')}" for row in rows]
    if answer["allowed"]:
        return found or ([] if _is_about(answer, context) else ["Edgewise answered another question than was asked."])
    return found or ["Edgewise said no."]


def _is_about(answer: dict[str, Any], context: str) -> bool:
    """Whether a yes speaks of `context`, names its approval, lists nothing unmet, and has not run out on its way."""
    if answer.get("context") != context or type(answer.get("approval")) is not int or answer.get("unmet") != []:
        return False
    try:
        return datetime.fromisoformat(str(answer.get("valid_until"))) > datetime.now(UTC)
    except (ValueError, TypeError):
        return False
