"""What people declare in YAML or JSON beside a specification: a mapping, edge cases, an objective. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from governance.errors import Invalid, Problem
from governance.specs import syntax

T = TypeVar("T")
Place = tuple[int | str, ...]


def read(
    text: str,
    shape: TypeAdapter[T],
    *,
    remedy: str,
    refuse: Callable[[tuple[Problem, ...]], Invalid],
    is_union: bool = False,
) -> T:
    """Return what `text` declares, in the given `shape`.

    Raises what `refuse` makes of everything that is wrong, each with member, line and remedy. In a union told apart by
    a tag (`is_union`) pydantic names the tag before each place.
    """
    try:
        source = syntax.parse(text, begin=remedy)
    except Invalid as error:
        raise refuse(error.problems) from error
    problems = list(source.problems)
    try:
        found = shape.validate_python(source.data)
    except ValidationError as error:
        for part in error.errors():
            place = _place(part["loc"][1:] if is_union else part["loc"])
            problems.append(source.problem(place, f"{part['msg'].removeprefix('Value error, ')}.", remedy))
    if problems:
        raise refuse(tuple(problems))
    return found


def _place(parts: Place) -> str:
    place = ""
    for part in parts:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    return place
