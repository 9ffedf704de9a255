"""What the page of two editions of a specification shows: every change in the order of the document, old beside new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontend import clauses, differences
from frontend.clauses import HEAD, Part
from governance.accounts.models import User
from governance.audit import selectors as audit
from governance.errors import Invalid, NotFound
from governance.specs import document, editions, selectors
from governance.specs.changes import Change
from governance.specs.editions import Beside, Edition
from governance.specs.models import SpecificationVersion, ValueSpecification
from governance.systems.models import AISystem

DRAFT = "draft"
LESS = ("loosened", "removed")


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One change with its sign and its sentence; `anchor` is its place on the page."""

    anchor: str
    change: Change
    sign: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PartShown:
    """One part of the document: its changes, and what it said before and says after; None where it is not there."""

    anchor: str
    title: str
    note: str
    changes: tuple[ChangeShown, ...]
    old: tuple[str, ...] | None
    new: tuple[str, ...] | None


def content(*, system: AISystem, old: str, new: str, by: User) -> dict[str, Any]:
    """Return everything that the page shows of the versions `old` and `new` (numbers, or "draft"; empty for the
    newest and what came before it). Raises NotFound for a version that is not there."""
    versions = list(selectors.versions(system=system, by=by))
    line = selectors.working_draft(system=system)
    draft = line if line is not None and line.state != "ratified" else None
    names = ([DRAFT] if draft else []) + [version.version for version in versions]
    for name in filter(None, (old, new)):
        if name not in names:
            raise NotFound(f"{system.name} has no specification {name}.")
    older, newer = _chosen(names, old, new)
    found: dict[str, Any] = {"system": system, "versions": versions, "draft": draft, "old": older, "new": newer}
    if older in ("", newer):
        return found | {"nothing": _nothing(names, older)}
    by_number = {version.version: version for version in versions}
    try:
        edition = editions.ratified(by_number[newer]) if newer in by_number else editions.drafted(_line(draft))
        shown = _shown(editions.beside(by_number[older], edition))
    except Invalid as refusal:
        return found | {"nothing": f"They cannot be compared. {refusal.message}"}
    between = names[names.index(newer) + 1 : names.index(older)]
    marks = audit.marks([row.leaf_id for row in (by_number[older], edition.ratified) if row])
    return found | shown | {"between": between[::-1], "marks": marks}


def _chosen(names: Sequence[str], old: str, new: str) -> tuple[str, str]:
    """Return which of `names` (newest first) stands on the left and which on the right: the older one left."""
    newer = new or next((name for name in names if name != old), old)
    after = names[names.index(newer) + 1 :] if newer in names else ()
    older = old or next(iter(after), "")
    if older in names and newer in names and names.index(older) < names.index(newer):
        return newer, older
    return older, newer


def _line(draft: ValueSpecification | None) -> ValueSpecification:
    assert draft is not None  # noqa: S101 - only a draft that is there is among the names
    return draft


def _nothing(names: Sequence[str], older: str) -> str:
    if older and len(names) > 1:
        return "Choose two different versions."
    only = f"There is only {'a draft' if names[0] == DRAFT else f'version {names[0]}'}. " if names else ""
    return f"{only}Two versions, or a version and a draft, can stand beside each other."


def _shown(beside: Beside) -> dict[str, Any]:
    parts = _parts(beside)
    shown = [change for part in parts for change in part.changes]
    return {
        "beside": beside,
        "parts": parts,
        "less": [(part, change) for part in parts for change in part.changes if change.change.kind in LESS],
        "counts": [
            (kind, sign, sum(one.change.kind == kind for one in shown), meaning)
            for kind, (sign, meaning) in differences.KINDS.items()
        ],
        "sides": [("Before", _side(editions.ratified(beside.old))), ("After", _side(beside.new))],
    }


def _side(edition: Edition) -> Mapping[str, Any]:
    version: SpecificationVersion | None = edition.ratified
    deliberation = version.deliberation if version else edition.line.deliberation
    return {"number": edition.document.version, "version": version, "line": edition.line, "deliberation": deliberation}


def _parts(beside: Beside) -> list[PartShown]:
    old = clauses.parts(document.canonical(beside.old.parsed()), beside.old.populations)
    new = clauses.parts(document.canonical(beside.new.document), beside.new.populations)
    found: dict[str, list[ChangeShown]] = {}
    for number, change in enumerate(beside.changes, start=1):
        sign, _ = differences.KINDS[change.kind]
        shown = ChangeShown(f"change-{number}", change, sign, differences.sentence(change))
        place = _place(change.path)
        # What no part is known for must not be left out.
        found.setdefault(place if place in old or place in new else HEAD, []).append(shown)
    return [
        _part(index, old.get(key), new.get(key), tuple(found.get(key, ())))
        for index, key in enumerate(_merged(list(old), list(new)), start=1)
    ]


def _part(index: int, old: Part | None, new: Part | None, changes: tuple[ChangeShown, ...]) -> PartShown:
    named = new or old
    assert named is not None  # noqa: S101 - every key is one of either
    return PartShown(
        anchor=f"part-{index}",
        title=named.title,
        note=named.note,
        changes=changes,
        old=old.sentences if old else None,
        new=new.sentences if new else None,
    )


def _place(path: str) -> str:
    """Return the key of the part in which a change with this path stands."""
    first, dot, rest = path.partition(".")
    if first == "dimensions":
        return f"{first}.{rest.partition('.')[0]}"
    return first if dot else HEAD


def _merged(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the keys of both in the order of `new`, what is gone after what it stood behind."""
    merged = list(new)
    for index, key in enumerate(old):
        if key not in merged:
            merged.insert(merged.index(old[index - 1]) + 1, key)
    return merged
