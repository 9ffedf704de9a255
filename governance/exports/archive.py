"""A ZIP archive that has exactly one form: the same members always give the same bytes, so that nothing can hide.

Members are stored, in the order of their names, with one fixed time and no extra fields or comments (APPNOTE.TXT
6.3.10, sections 4.3 and 4.4). Pure.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

from governance.errors import Invalid, Problem

MAX_BYTES = 64 * 1024 * 1024
MAX_MEMBERS = 60_000
"""A ZIP without extensions counts its members in 16 bits. Two to a ballot are for some 29 000 ballots."""

_PATH = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_MAX_PATH = 200
_MIDNIGHT, _FIRST_OF_1980 = 0, 0x21
_VERSION = 20
_REGULAR_FILE = 0o100644 << 16
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_FIELDS = struct.Struct("<4s5H3L2H")
_CENTRAL_FIELDS = struct.Struct("<4s6H3L5H2L")
_END_FIELDS = struct.Struct("<4s4H2LH")


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the archive of `members` (path → content). Raises Invalid for a path or size that it does not take."""
    body, directory = bytearray(), bytearray()
    for path in sorted(members):
        name, content = _checked(path), members[path]
        shape = (0, 0, _MIDNIGHT, _FIRST_OF_1980, zlib.crc32(content), len(content), len(content), len(name), 0)
        directory += (
            _CENTRAL_FIELDS.pack(_CENTRAL, _VERSION, _VERSION, *shape, 0, 0, 0, _REGULAR_FILE, len(body)) + name
        )
        body += _LOCAL_FIELDS.pack(_LOCAL, _VERSION, *shape) + name + content
    if len(members) > MAX_MEMBERS or len(body) + len(directory) > MAX_BYTES:
        raise _wrong("archive", f"it would exceed {MAX_MEMBERS} members or {MAX_BYTES} bytes.")
    end = _END_FIELDS.pack(_END, 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + end)


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive that `pack` could have made, and of no other.

    Raises Invalid that names the first member, or part of the archive, that differs.
    """
    if len(data) > MAX_BYTES:
        raise _wrong("archive", f"it is larger than {MAX_BYTES} bytes.")
    members: dict[str, bytes] = {}
    offset, before = 0, ""
    while data[offset : offset + 4] != _CENTRAL:
        path, content, offset = _member(data, offset, after=before)
        members[path], before = content, path
        if len(members) > MAX_MEMBERS:
            raise _wrong("archive", f"it has more than {MAX_MEMBERS} members.")
    if pack(members)[offset:] != data[offset:]:
        raise _wrong("archive", f"its directory, from byte {offset} on, is not that of its {len(members)} members.")
    return members


def _member(data: bytes, offset: int, *, after: str) -> tuple[str, bytes, int]:
    place = f"member after {after}" if after else "first member"
    header = data[offset : offset + _LOCAL_FIELDS.size]
    if len(header) < _LOCAL_FIELDS.size or header[:4] != _LOCAL:
        raise _wrong(place, f"no member and no directory begins at byte {offset}.")
    checksum, size, length = (_LOCAL_FIELDS.unpack(header)[i] for i in (6, 8, 9))
    begin = offset + _LOCAL_FIELDS.size
    path = data[begin : begin + length].decode("ascii", "backslashreplace")
    if not is_path(path) or path <= after:
        raise _wrong(place, f"the name {path[:_MAX_PATH]!r} is malformed, stands twice, or is out of order.")
    content = data[begin + length : begin + length + size]
    if len(content) != size or zlib.crc32(content) != checksum:
        raise _wrong(path, "its content is not what the archive's own checksum says.")
    if header != pack({path: content})[: _LOCAL_FIELDS.size]:
        raise _wrong(path, "its header is not the one that this content has.")
    return path, content, begin + length + size


def is_path(path: str) -> bool:
    """Return whether `path` may name a member: lower case, relative, without dots as parts."""
    return len(path) <= _MAX_PATH and _PATH.fullmatch(path) is not None


def _checked(path: str) -> bytes:
    if not is_path(path):
        raise _wrong(path[:_MAX_PATH], "this cannot name a member.")
    return path.encode("ascii")


def _wrong(where: str, what: str) -> Invalid:
    problem = Problem(where=where, what=what)
    return Invalid(f"The archive is not a bundle: {problem}", code="bad-archive", problems=(problem,))
