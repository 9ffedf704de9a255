"""What the environment says: whom to ask, about what, and what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edgewise_mlflow.protection import Protection

PREFIX = "EDGEWISE_GUARD_"
REFUSE, ALLOW = "refuse", "allow"
DEFAULTS = {"TIMEOUT_SECONDS": "10", "WHEN_UNREACHABLE": REFUSE}
NEEDED = ("URL", "TOKEN_FILE", "PROTECTED")


class Misconfigured(Exception):
    """The environment does not say what the plugin needs; the message names the variable and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """`url` of Edgewise; `token_file` is read for each question; `timeout` in seconds; `fails_open`: what nobody
    answers is allowed."""

    url: str
    token_file: Path
    protection: Protection
    timeout: float
    fails_open: bool


def read(environment: Mapping[str, str]) -> Configuration:
    """Return what the variables that begin with EDGEWISE_GUARD_ say. Raises Misconfigured."""
    given = {key.removeprefix(PREFIX): value.strip() for key, value in environment.items() if key.startswith(PREFIX)}
    if unknown := sorted(given.keys() - {*NEEDED, *DEFAULTS}):
        raise Misconfigured(f"There is no {PREFIX}{unknown[0]}. There are: {', '.join((*NEEDED, *DEFAULTS))}.")
    if missing := [name for name in NEEDED if not given.get(name)]:
        raise Misconfigured(f"{PREFIX}{missing[0]} is not set, so MLflow cannot ask Edgewise about promotions.")
    given = DEFAULTS | given
    return Configuration(
        url=_url(given["URL"]),
        token_file=Path(given["TOKEN_FILE"]),
        protection=_protection(given["PROTECTED"]),
        timeout=_timeout(given["TIMEOUT_SECONDS"]),
        fails_open=_fails_open(given["WHEN_UNREACHABLE"]),
    )


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.hostname.encode("idna")
        is_plain = is_address and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Misconfigured(f"{PREFIX}URL must be an address such as https://edgewise.example.org, without a password.")
    return text.rstrip("/")


def _protection(text: str) -> Protection:
    try:
        return Protection.parse(text)
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}PROTECTED: {error}") from error


def _timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 60:
        raise Misconfigured(f"{PREFIX}TIMEOUT_SECONDS must be a number of seconds above 0 and up to 60, not {text!r}.")
    return seconds


def _fails_open(text: str) -> bool:
    if text not in (REFUSE, ALLOW):
        raise Misconfigured(f"{PREFIX}WHEN_UNREACHABLE must be {REFUSE} or {ALLOW}, not {text!r}.")
    return text == ALLOW
