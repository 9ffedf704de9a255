"""The members of a bundle as documents. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from governance import canonical
from governance.errors import Invalid
from governance.exports import layout
from governance.exports.entries import Entries, Entry, disagreement
from governance.exports.keyfile import PublicKeys

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Disclosed:
    """A confidential value of the entry at `index` that the bundle opens."""

    index: int
    name: str
    value: Any
    commitment: str


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Everything that a bundle says, and the keys that it is read with."""

    members: Mapping[str, bytes]
    keys: PublicKeys
    manifest: Document
    decision: Document
    candidate: Document
    specification: Document
    populations: Document
    design: Document
    outcome: Document
    report: Document
    files: list[Document]
    evidence: Mapping[str, Document]
    sheets: Mapping[str, Document]
    disclosed: tuple[Disclosed, ...]
    entries: Entries

    def digest(self, path: str) -> str:
        """Return the hexadecimal SHA-256 of a member."""
        return hashlib.sha256(self.members[path]).hexdigest()

    def opened(self, entry: Entry, name: str) -> Any:
        """Return a confidential value of an entry, None when it is withheld."""
        return next((d.value for d in self.disclosed if (d.index, d.name) == (entry.index, name)), None)


def read(members: Mapping[str, bytes], *, manifest: Document, keys: PublicKeys) -> Bundle:
    """Return the documents of a bundle whose members the manifest covers. Raises Invalid naming a malformed one."""
    named = {path: document(members, path) for path in layout.DOCUMENTS}
    return Bundle(
        members=members,
        keys=keys,
        manifest=manifest,
        decision=named[layout.DECISION],
        candidate=named[layout.CANDIDATE],
        specification=named[layout.SPECIFICATION],
        populations=named[layout.POPULATIONS],
        design=named[layout.DESIGN],
        outcome=named[layout.OUTCOME],
        report=named[layout.REPORT],
        files=named[layout.FILES],
        evidence=_by_digest(members, layout.EVIDENCE),
        sheets=_by_digest(members, layout.SHEET),
        disclosed=tuple(_disclosed(row) for row in named[layout.DISCLOSED]),
        entries=Entries(
            Entry(int(m[1]), members[path], document(members, path))
            for path in members
            if (m := layout.ENTRY.fullmatch(path))
        ),
    )


def document(members: Mapping[str, bytes], path: str) -> Any:
    """Return a JSON member. Raises Invalid unless it is in canonical form, so that it says one thing only."""
    try:
        loaded = orjson.loads(members[path])
        if canonical.encode(loaded) == members[path]:
            return loaded
    except (orjson.JSONDecodeError, Invalid) as error:
        raise disagreement(path, f"it is not JSON: {error}.") from error
    raise disagreement(path, "it is not canonical JSON.")


def _by_digest(members: Mapping[str, bytes], kind: re.Pattern[str]) -> dict[str, Document]:
    return {m[1]: document(members, path) for path in members if (m := kind.fullmatch(path))}


def _disclosed(row: Document) -> Disclosed:
    salted = bytes.fromhex(row["salt"]) + canonical.encode(row["value"])
    return Disclosed(
        index=row["index"], name=row["name"], value=row["value"], commitment=hashlib.sha256(salted).hexdigest()
    )
