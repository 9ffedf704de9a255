"""What changed between two versions of a specification, what each change means, and the version number it needs.

Anything that cannot be shown to ask for at least as much as before counts as a loosening.
"""

from __future__ import annotations

from collections.abc import Sequence

import semver

from governance.errors import Invalid, Problem
from governance.specs import changes as kinds
from governance.specs import document
from governance.specs.changes import Change
from governance.specs.clauses import Specification
from governance.specs.comparison import clause_changes

__all__ = ["Change", "check_bump", "compare", "made_bump", "required_bump"]

BUMPS = {"loosened": "major", "removed": "major", "tightened": "minor", "added": "minor", "reworded": "patch"}
ORDER = ("patch", "minor", "major")


def compare(old: Specification, new: Specification) -> tuple[Change, ...]:
    """Return every change from `old` to `new` but the version number; empty only when nothing else differs.

    Raises Invalid when the two are versions of different specifications.
    """
    if old.key != new.key:
        problem = Problem("key", f"`{new.key}` is not `{old.key}`.", "Compare versions of one specification.")
        raise Invalid(str(problem), code="another-specification", problems=(problem,))
    found = tuple(clause_changes(old, new))
    if not found and _unversioned(old) != _unversioned(new):
        return (kinds.make("reworded", "document", "one order", "another", "the order of entries changed"),)
    return found


def required_bump(changes: Sequence[Change]) -> str | None:
    """Return "major" for a loosening or removal, "minor" for a tightening or addition, "patch" for wording."""
    return max((BUMPS[change.kind] for change in changes), key=ORDER.index, default=None)


def made_bump(old_version: str, new_version: str) -> str | None:
    """Return which of the three numbers rose from one semantic version to a higher one: "major", "minor" or "patch".

    None when it is not higher. Raises Invalid for what is no version.
    """
    old, new = _parsed(old_version), _parsed(new_version)
    return next((part for part in reversed(ORDER) if new >= old.next_version(part)), None)


def check_bump(old_version: str, new_version: str, changes: Sequence[Change]) -> None:
    """Raise Invalid unless `new_version` (semantic version) is as far above `old_version` as `changes` need."""
    needed = required_bump(changes)
    if needed is None:
        raise _refused("Nothing changed", "Ratify a version only when it says something else.", "nothing-changed")
    old, new = _parsed(old_version), _parsed(new_version)
    least = old.next_version(needed)
    if new < least:
        why = next(change.sentence for change in changes if BUMPS[change.kind] == needed)
        what = f"{new_version} is not enough after {old_version}: {why}. That needs a {needed} version"
        raise _refused(what, f"Call it {least} or higher.", "version-too-low")


def _unversioned(specification: Specification) -> dict[str, object]:
    return document.canonical(specification) | {"version": ""}


def _parsed(version: str) -> semver.Version:
    try:
        return semver.Version.parse(version)
    except ValueError as error:
        raise _refused(f"`{version}` is not a version", "Give three numbers such as 1.0.0.", "not-a-version") from error


def _refused(what: str, remedy: str, code: str) -> Invalid:
    problem = Problem(where="version", what=f"{what}.", remedy=remedy)
    return Invalid(str(problem), code=code, problems=(problem,))
