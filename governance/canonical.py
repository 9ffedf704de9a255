"""Canonical JSON (RFC 8785) and its SHA-256: the one way anything in Edgewise is hashed."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import rfc8785

from governance.errors import Invalid, Problem

MAX_INTEGER = 2**53 - 1


def encode(value: Any) -> bytes:
    """Return the RFC 8785 canonical JSON bytes of `value`.

    Raises Invalid for what JSON cannot say (NaN, infinity, integers beyond 2^53 - 1, other types).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise Invalid(f"This cannot be written as canonical JSON: {error}.", code="not-canonical") from error


def encode_entry(value: Any) -> bytes:
    """Return canonical bytes of a document in the restricted profile of log entries, quickly.

    The profile (strings, |integers| < 2^53, booleans, null, lists, objects with ASCII keys, no floats) is where a
    fast encoder and RFC 8785 agree byte for byte; anything outside it raises Invalid with the place.
    """
    _check_profile(value, "$")
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise Invalid(f"A log entry cannot hold this: {error}.", code="not-canonical") from error


def digest(value: Any) -> str:
    """Return the lower-case hexadecimal SHA-256 of the canonical JSON of `value`."""
    return hashlib.sha256(encode(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def _check_profile(value: Any, place: str) -> None:
    kind = type(value)
    if isinstance(value, str) or kind is bool or value is None:
        return
    if kind is int:
        if abs(value) > MAX_INTEGER:
            raise _outside(place, "the integer is beyond 2^53 - 1")
    elif kind is dict:
        for key, member in value.items():
            if type(key) is not str or not key.isascii():
                raise _outside(place, f"the key {key!r} is not an ASCII string")
            _check_profile(member, f"{place}.{key}")
    elif kind is list:
        for index, member in enumerate(value):
            _check_profile(member, f"{place}[{index}]")
    else:
        raise _outside(place, f"{kind.__name__} is not part of the profile")


def _outside(place: str, what: str) -> Invalid:
    problem = Problem(where=place, what=what, remedy="Write numbers with a fraction as decimal strings.")
    return Invalid(f"A log entry cannot hold this: {problem}", code="not-canonical", problems=(problem,))
