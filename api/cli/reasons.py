"""Why not, and what would change it, as plain lines that fit a pipeline's log."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 100
COMMAND = ": edgewise "
"""Before a command, which ends the text that it stands in."""


def told(sentence: str, *, would_change: str = "", versions: Sequence[str] = ()) -> list[str]:
    """Return the lines of one reason: the sentence, then what would change it and which versions it compares, if
    either is known; none is longer than WIDTH, except for a word or
    a command that is."""
    lines = _wrapped(sentence, first="  - ")
    if would_change:
        lines += _wrapped(f"To change it: {would_change}")
    if versions:
        lines += _wrapped(f"Versions compared: {', '.join(versions)}.")
    return lines


def _wrapped(text: str, *, first: str = "    ") -> list[str]:
    before, mark, command = text.partition(COMMAND)
    if mark:
        # On a line of its own, so that it can be copied whole.
        return [*_wrapped(f"{before}:", first=first), f"      {COMMAND[2:]}{command}"]
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent=first,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
