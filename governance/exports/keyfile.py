"""The file of public keys that a verifier holds: the log's, and those that sign attestations. Pure.

    # a comment
    log edgewise.example/log+3f2a9c01+AZr…
    attestation 6c1f… 9d02…

The first is a verifier key of C2SP signed-note; the second names a key id and the 32 bytes of an Ed25519 public key
(RFC 8032), both in hexadecimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.audit.note import VerifierKey
from governance.errors import Invalid, Problem

MAX_BYTES = 64 * 1024
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Keys of the log, and attestation keys by their id (hexadecimal → hexadecimal)."""

    log: tuple[VerifierKey, ...]
    attestation: Mapping[str, str]


def write(*, log: Sequence[VerifierKey], attestation: Mapping[str, str]) -> bytes:
    """Return the text of the file."""
    lines = ["# Public keys of an Edgewise installation. Compare them with what its operator publishes elsewhere."]
    lines += [f"log {key}" for key in log]
    lines += [f"attestation {key_id} {public}" for key_id, public in attestation.items()]
    return ("\n".join(lines) + "\n").encode()


def read(data: bytes) -> PublicKeys:
    """Return the keys in `data`. Raises Invalid naming the line that is malformed or the kind that is missing."""
    log: list[VerifierKey] = []
    attestation: dict[str, str] = {}
    for number, line in enumerate(_text(data).split("\n"), start=1):
        words = line.removesuffix("\r").split(" ")
        if not words[0] or words[0].startswith("#"):
            continue
        if words[0] == "log" and len(words) == 2:
            log.append(_log_key(words[1], number))
        elif words[0] == "attestation" and len(words) == 3 and all(_HEX.fullmatch(word) for word in words[1:]):
            attestation[words[1]] = words[2]
        else:
            raise _wrong(f"line {number}", "it is neither “log KEY” nor “attestation ID KEY”.")
    if not log or not attestation:
        raise _wrong("keys", f"there is no key of the {'log' if not log else 'attestations'} in it.")
    return PublicKeys(tuple(log), attestation)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _wrong("keys", f"the file is larger than {MAX_BYTES} bytes.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong("keys", "the file is not text.") from error


def _log_key(text: str, number: int) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except Invalid as error:
        raise _wrong(f"line {number}", error.problems[0].what + ".") from error


def _wrong(where: str, what: str) -> Invalid:
    problem = Problem(where=where, what=what, remedy="Fetch it again with edgewise bundle --keys, or ask the operator.")
    return Invalid(f"The file of public keys cannot be used: {problem}", code="bad-keys", problems=(problem,))
