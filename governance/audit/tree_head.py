"""Signed tree heads in the form of C2SP tlog-checkpoint v1.0.0. Pure.

The text of the note is three lines: the log's origin, the number of leaves, and the root in base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit import merkle, note
from governance.audit.note import VerifierKey
from governance.errors import Invalid, Problem

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a log says of itself at one moment: `size` leaves (a count) under `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign(head: TreeHead, *, key: Ed25519PrivateKey) -> bytes:
    """Return the signed note of `head`; the key's name is the origin."""
    return note.sign(head.text(), name=head.origin, key=key).to_bytes()


def parse(text: str) -> TreeHead:
    """Return the tree head in a note's text. Raises Invalid unless it is exactly three lines, strictly written."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise _malformed("text", "it does not consist of three lines")
    origin, size, root = lines[:3]
    if not note.is_key_name(origin):
        raise _malformed("origin", "it is empty or contains a space or '+'")
    if not _SIZE.fullmatch(size):
        raise _malformed("size", f"{size[:30]!r} is not a plain decimal number")
    digest = note.unbase64(root, "root")
    if len(digest) != merkle.HASH_BYTES:
        raise _malformed("root", "it has not 32 bytes")
    return TreeHead(origin=origin, size=int(size), root=digest)


def verify(data: bytes, *, keys: Iterable[VerifierKey], origin: str = "") -> TreeHead:
    """Return the tree head in the signed note `data`.

    `keys` are the log's own; one whose name is the head's origin must have signed. `origin`, when given, must be
    the head's. Raises Invalid when anything is malformed, unsigned, or wrongly signed.
    """
    own = [key for key in keys if not origin or key.name == origin]
    head = parse(note.verify(data, keys=own).text)
    if head.origin not in {key.name for key in own}:
        raise _malformed("origin", f"no known key belongs to {head.origin}")
    return head


def _malformed(where: str, what: str) -> Invalid:
    problem = Problem(where=where, what=what)
    return Invalid(f"This is not a valid tree head: {problem}", code="bad-tree-head", problems=(problem,))
