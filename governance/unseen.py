"""Characters that nobody sees: what people write and sign must read, wherever it is shown, as it is stored. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from governance.errors import Invalid, Problem

UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and line breaks, and those that turn the direction of text."""
BREAKING = re.compile(rf"{UNSEEN.pattern[:-1]}\t\n\r]")
"""The same, and what a text in one line does not hold either."""
IN_ONE_LINE = frozenset({"name", "label", "email"})
SECRETS = frozenset({"password", "current", "new"})
"""Arguments that are never shown, and of which a refusal must say nothing."""

NOT_DRAWN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of Unicode whose characters nobody sees, or that say how others are drawn."""
DRAWN = frozenset("\t\n")


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what others wrote part by part, each with whether it is the name (`U+202E`) of a character that nobody
    sees, in its place; nothing that is yielded turns, hides or ends what stands beside it."""
    for is_hidden, characters in groupby(text, key=_is_not_drawn):
        if is_hidden:
            yield from ((f"U+{ord(character):04X}", True) for character in characters)
        else:
            yield "".join(characters), False


def spelled(text: str) -> str:
    """Return what others wrote for a place that has no marks of its own, such as a terminal: `<U+202E>` for such a
    character."""
    return "".join(f"<{part}>" if is_hidden else part for part, is_hidden in parts(text))


def _is_not_drawn(character: str) -> bool:
    return character not in DRAWN and unicodedata.category(character) in NOT_DRAWN


def refuse(given: Mapping[str, Any]) -> None:
    """Raise Invalid that names each text in `given` (arguments by name; texts in lists and mappings, too) in which a
    character is unseen, with the place of the first."""
    arguments = [(name, value) for name, value in given.items() if name not in SECRETS]
    found = tuple(problem for name, value in arguments for problem in _problems(name, value, of=name))
    if found:
        raise Invalid("; ".join(map(str, found)), code="unseen-character", problems=found)


def _problems(where: str, value: Any, *, of: str) -> Iterator[Problem]:
    """Yield what is wrong in the `value` at `where`, which is the field `of` something."""
    if isinstance(value, str):
        if hidden := (BREAKING if of in IN_ONE_LINE else UNSEEN).search(value):
            yield _problem(where, value, at=hidden.start())
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _problems(f"{where}.{key}", part, of=str(key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _problems(f"{where}[{index}]", part, of=of)


def _problem(where: str, text: str, *, at: int) -> Problem:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return Problem(where, f"holds the unseen character U+{ord(text[at]):04X}.", "Remove it.", line, column)
