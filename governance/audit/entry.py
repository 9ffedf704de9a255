"""The envelope of a log entry: what is said about each event, in canonical bytes. Pure."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from governance import canonical
from governance.audit.event import Event

VERSION = 1
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sealed:
    """A confidential value beside the log: its field's name, a random salt, and its canonical JSON."""

    name: str
    salt: bytes
    value: bytes

    @property
    def commitment(self) -> str:
        """The hexadecimal SHA-256 of salt and value, which is all that the entry says of it."""
        return hashlib.sha256(self.salt + self.value).hexdigest()


def seal(event: Event) -> list[Sealed]:
    """Return the confidential fields of `event`, each with a fresh salt of 32 bytes."""
    return [
        Sealed(name=name, salt=secrets.token_bytes(SALT_BYTES), value=canonical.encode(value))
        for name, value in event.sealed_data().items()
    ]


def encode(*, event: Event, actor: str, at: datetime, system: str, sealed: list[Sealed]) -> bytes:
    """Return the bytes of the entry. Raises Invalid for data that the restricted JSON profile cannot say."""
    return canonical.encode_entry(
        {
            "version": VERSION,
            "at": instant(at),
            "type": event.type,
            "actor": actor,
            "subject": event.subject,
            "system": system,
            "data": event.data(),
            "sealed": {field.name: field.commitment for field in sealed},
        }
    )


def instant(at: datetime) -> str:
    """Return `at` in RFC 3339 with microseconds and the suffix Z. Raises ValueError when it has no time zone."""
    if at.tzinfo is None:
        raise ValueError("a time in the log needs its zone")
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"
