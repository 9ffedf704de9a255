"""Offline proofs that an entry stands in the log, in the form of C2SP tlog-proof (`c2sp.org/tlog-proof@v1`). Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from governance.audit import merkle, note, tree_head
from governance.audit.note import VerifierKey
from governance.audit.tree_head import TreeHead
from governance.errors import Invalid, Problem

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 64
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class LogProof:
    """`index` of the entry (from 0), the hashes from its sibling up (32 bytes each), the signed tree head as it is
    published, and extra data that nothing vouches for."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the text form (file extension `.tlog-proof`)."""
        lines = [HEADER]
        lines += [f"extra {base64.b64encode(self.extra).decode()}"] if self.extra else []
        lines += [f"index {self.index}", *(base64.b64encode(h).decode() for h in self.hashes), "", ""]
        return "\n".join(lines).encode() + self.note


def parse(data: bytes) -> LogProof:
    """Return the proof written in `data`, unverified. Raises Invalid when it is malformed."""
    head, separator, signed = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed("proof", "it is not ASCII text") from error
    if not separator or lines.pop(0) != HEADER:
        raise _malformed("line 1", f"it is not {HEADER!r}, or no tree head follows")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = note.unbase64(lines.pop(0).removeprefix("extra "), "extra")
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None:
        raise _malformed("index", "it is missing or not a plain decimal number")
    if len(lines) > MAX_HASHES:
        raise _malformed("hashes", f"there are more than {MAX_HASHES}")
    hashes = tuple(note.unbase64(line, "hashes") for line in lines)
    return LogProof(index=int(match[1]), hashes=hashes, note=signed, extra=extra)


def verify(proof: LogProof, *, entry: bytes, keys: Iterable[VerifierKey], origin: str = "") -> TreeHead:
    """Return the signed tree head under which `proof` shows that `entry` (its exact bytes) stands in the log.

    Raises Invalid when the tree head is not validly signed by one of `keys` or does not include the entry there.
    """
    head = tree_head.verify(proof.note, keys=keys, origin=origin)
    leaf = merkle.leaf_hash(entry)
    if not merkle.includes(index=proof.index, size=head.size, leaf=leaf, proof=proof.hashes, root=head.root):
        raise _malformed("entry", f"the tree head of size {head.size} does not include it at index {proof.index}")
    return head


def _malformed(where: str, what: str) -> Invalid:
    problem = Problem(where=where, what=what)
    return Invalid(f"This is not a valid proof of inclusion: {problem}", code="bad-proof", problems=(problem,))
