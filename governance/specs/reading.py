"""Text of a specification (YAML 1.2 or JSON) to a Specification, or to everything that is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from governance.errors import Invalid, Problem
from governance.specs import belonging, document, overlaid, plausible, syntax
from governance.specs.belonging import Home
from governance.specs.clauses import SCHEMA, Specification
from governance.specs.syntax import Source


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is wrong with a text, and what in it is seldom meant though it may stand."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def read(text: str) -> Specification:
    """Return the specification that `text` says, whenever it was written.

    Raises Invalid with all problems, each with its path, remedy, line and column (1-based); its code is
    `no-scalar-decides` when the text weighs values against each other.
    """
    source = _parsed(text)
    document.refuse(document.problems(source))
    return document.build(source.data)


def draft(text: str, *, today: date, home: Home | None = None) -> Specification:
    """Return the specification that a `text` of `today` says, for the system `home` if one is given.

    Raises Invalid as `read` does, and for what nobody could mean or meet, or what the system does not have.
    """
    source = _parsed(text)
    _refuse(source, today, home)
    found = document.build(source.data)
    document.refuse(tuple(overlaid.problems(found, source)))
    return found


def lint(text: str, *, today: date, home: Home | None = None) -> Findings:
    """Return what `draft` would refuse in `text`, and what it would not although it is seldom meant."""
    try:
        found = draft(text, today=today, home=home)
    except Invalid as refusal:
        return Findings(problems=refusal.problems, warnings=())
    source = _parsed(text)
    warned = (*plausible.warnings(source), *overlaid.warnings(found, source))
    return Findings(problems=(), warnings=document.in_order(warned))


def _parsed(text: str) -> Source:
    return syntax.parse(text, begin=f"Begin with `schema: {SCHEMA}`.")


def _refuse(source: Source, today: date, home: Home | None) -> None:
    found = [*document.problems(source)]
    places = {problem.where for problem in found}
    found += [problem for problem in plausible.problems(source, today=today) if problem.where not in places]
    strange = list(belonging.problems(source, home)) if home else []
    code = "" if found or not strange else strange[0][0]
    document.refuse(document.in_order([*found, *(problem for _, problem in strange)]), code=code)
