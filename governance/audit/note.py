"""Signed notes (C2SP signed-note v1.0.0) with Ed25519. Pure.

A note is text, an empty line, and signature lines `— <key name> <base64(key id ‖ signature)>`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.errors import Invalid, Problem

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 64
_ED25519 = b"\x01"
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under the name with which it signs; `public` is its 32 bytes (RFC 8032)."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise _malformed("key", f"{self.name!r} is no key name", "Use a name without spaces and without '+'.")
        if len(self.public) != 32:
            raise _malformed("key", "an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> VerifierKey:
        """Return the public half of `key` under `name`."""
        return cls(name=name, public=key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Return the key that `<name>+<hex key id>+<base64>` describes. Raises Invalid when it is malformed."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise _malformed("key", "it is not of the form <name>+<key id>+<base64>")
        encoded = unbase64(parts[2], "key")
        if encoded[:1] != _ED25519:
            raise _malformed("key", "it is not an Ed25519 key")
        key = cls(name=parts[0], public=encoded[1:])
        if key.key_id.hex() != parts[1]:
            raise _malformed("key", "its key id does not belong to this name and public key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `value` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends with a newline and is what the signatures sign."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """Return the note as it is stored and sent."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()


def sign(text: str, *, name: str, key: Ed25519PrivateKey) -> Note:
    """Return `text`, which ends with a newline, signed by `key` under `name`."""
    if not text.endswith("\n"):
        raise _malformed("text", "it does not end with a newline")
    value = key.sign(text.encode())
    return Note(text, (Signature(name, VerifierKey.of(name, key).key_id, value),))


def parse(data: bytes) -> Note:
    """Return the note in `data` without checking any signature. Raises Invalid when it is malformed."""
    text, lines = _parts(_decoded(data))
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise _malformed("signatures", f"there are {len(lines)}, and 1 to {MAX_SIGNATURES} are accepted")
    return Note(text, tuple(_signature(line) for line in lines))


def verify(data: bytes, *, keys: Iterable[VerifierKey]) -> Note:
    """Return the note in `data` once a known key's signature holds.

    Signatures by unknown keys are ignored; a wrong one by a known key, or none by any, raises Invalid.
    """
    note = parse(data)
    known = {(key.name, key.key_id): key for key in keys}
    signers = [(known.get((s.name, s.key_id)), s) for s in note.signatures]
    trusted = [(key, signature) for key, signature in signers if key is not None]
    for key, signature in trusted:
        _check(key, signature, note.text)
    if not trusted:
        raise _malformed("signatures", "none is by a known key", "Compare the key file with the log's published key.")
    return note


def is_key_name(name: str) -> bool:
    """Return whether `name` may stand in a signature line."""
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 0x20 for c in name)


def unbase64(text: str, where: str) -> bytes:
    """Return the bytes of strict, canonical base64 (RFC 4648 section 4). Raises Invalid naming `where`."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _malformed(where, "it is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise _malformed(where, "its base64 is not canonical")
    return data


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _malformed("note", f"it is longer than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("note", "it is not UTF-8") from error
    if any(ord(c) < 0x20 and c != "\n" for c in text):
        raise _malformed("note", "it contains a control character")
    return text


def _parts(content: str) -> tuple[str, list[str]]:
    text, separator, tail = content.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n"):
        raise _malformed("note", "it is not text, an empty line, and signature lines")
    return text + "\n", tail[:-1].split("\n")


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_key_name(name):
        raise _malformed("signatures", f"{line[:40]!r} is not a signature line")
    data = unbase64(encoded, "signatures")
    if len(data) < 5:
        raise _malformed("signatures", "one is too short")
    return Signature(name, data[:4], data[4:])


def _check(key: VerifierKey, signature: Signature, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature.value, text.encode())
    except InvalidSignature as error:
        raise _malformed("signatures", f"the signature by {key.name} is wrong") from error


def _malformed(where: str, what: str, remedy: str = "") -> Invalid:
    problem = Problem(where=where, what=what, remedy=remedy)
    return Invalid(f"This is not a valid signed note: {problem}", code="bad-note", problems=(problem,))
