"""What could have been chosen, said to whoever chose something else. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 30
"""So many choices are listed; a longer list helps nobody who reads it in a log."""


def remedy(given: str, legal: Iterable[str], *, lead: str = "Known") -> str:
    """Return the sentences that name the choices there are, the nearest first: "Did you mean `recall`? Known: …."."""
    known = sorted(set(legal))
    if not known:
        return f"{lead}: none yet."
    near = get_close_matches(given[:64], known, n=1)
    guess = f"Did you mean `{near[0]}`? " if near else ""
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"{guess}{lead}: {', '.join(known[:SHOWN])}{more}."
