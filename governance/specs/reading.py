"""Text of a specification (YAML 1.2 or JSON) to a Specification, or to everything that is wrong with it."""

from __future__ import annotations

from governance.errors import Invalid, Problem
from governance.specs import document, syntax
from governance.specs.clauses import SCHEMA, Specification


def read(text: str) -> Specification:
    """Return the specification that `text` says.

    Raises Invalid with all problems, each with its path, remedy, line and column (1-based); its code is
    `no-scalar-decides` when the text weighs values against each other.
    """
    source = syntax.parse(text, begin=f"Begin with `schema: {SCHEMA}`.")
    document.refuse(document.problems(source))
    return document.build(source.data)


def lint(text: str) -> tuple[Problem, ...]:
    """Return what `read` would refuse in `text`; nothing when it is fine."""
    try:
        read(text)
    except Invalid as refusal:
        return refusal.problems
    return ()
