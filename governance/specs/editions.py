"""Two texts of one specification beside each other: ratified versions, or the newest one and the working draft."""

from __future__ import annotations

from dataclasses import dataclass

from governance import canonical
from governance.errors import Invalid
from governance.specs import diff, document, policies, reading, selectors
from governance.specs.changes import Change
from governance.specs.document import Specification
from governance.specs.models import SpecificationVersion, ValueSpecification
from governance.specs.populations import Populations


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What a specification says in one text, and whose cases count in it; `ratified` is None for the draft."""

    line: ValueSpecification
    document: Specification
    populations: Populations
    ratified: SpecificationVersion | None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A ratified version and what came, or would come, after it.

    `needed` is the least step of the version number that the changes ask for, `made` the one that was made ("" for
    none of them); `refusal` says why the number would be refused. `seats` are the groups that have to sit in the
    deliberation that adopts the changes.
    """

    old: SpecificationVersion
    new: Edition
    changes: tuple[Change, ...]
    needed: str
    made: str
    refusal: str
    seats: tuple[str, ...]

    @property
    def unseated(self) -> tuple[str, ...]:
        """Those of `seats` that have none in the deliberation of a draft; empty while none is about it."""
        deliberation = self.new.line.deliberation
        if self.new.ratified is not None or deliberation is None:
            return ()
        return tuple(key for key in self.seats if key not in deliberation.seated_groups)


def ratified(version: SpecificationVersion) -> Edition:
    """Return a ratified version as an edition."""
    return Edition(
        line=version.specification,
        document=version.parsed(),
        populations=version.populations,
        ratified=version,
    )


def drafted(line: ValueSpecification) -> Edition:
    """Return the working draft as an edition, asked of the groups as they are declared today.

    Raises Invalid when its text can no longer be read.
    """
    said = reading.read(line.draft_text)
    meant = selectors.populations_meant(said, system=line.system)
    return Edition(line=line, document=said, populations=meant, ratified=None)


def canonical_bytes(edition: Edition) -> bytes:
    """Return the canonical JSON whose SHA-256 is the edition's digest."""
    if edition.ratified is not None:
        return bytes(edition.ratified.document)
    return canonical.encode(document.canonical(edition.document))


def beside(old: SpecificationVersion, new: Edition) -> Beside:
    """Return what `new` changes about `old`, a version of the same line, and what that takes."""
    changes = old.changes_to(new.document, populations=new.populations)
    refusal = ""
    try:
        diff.check_bump(old.version, new.document.version, changes)
    except Invalid as raised:
        refusal = raised.message
    return Beside(
        old=old,
        new=new,
        changes=changes,
        needed=diff.required_bump(changes) or "",
        made=diff.made_bump(old.version, new.document.version) or "",
        refusal=refusal,
        seats=tuple(sorted(policies.groups_to_seat(newest=old, document=new.document, changes=changes))),
    )
