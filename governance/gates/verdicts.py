"""The four verdicts and which of them prevails. Pure."""

from __future__ import annotations

from collections.abc import Iterable

PASS = "PASS"  # noqa: S105
FAIL = "FAIL"
INSUFFICIENT = "INSUFFICIENT"
NEEDS_DELIBERATION = "NEEDS_DELIBERATION"

PRECEDENCE = (FAIL, INSUFFICIENT, NEEDS_DELIBERATION, PASS)


def worst(verdicts: Iterable[str]) -> str:
    """Return the verdict that prevails; INSUFFICIENT when there is none, because nothing was judged."""
    return min(verdicts, key=PRECEDENCE.index, default=INSUFFICIENT)
