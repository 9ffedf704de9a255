"""Time as people say it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))


def relative(moment: datetime, *, now: datetime) -> str:
    """Return how far `moment` lies from `now`, in its largest unit: "3 hours ago", "in 6 months", "just now"."""
    gap = moment - now
    seconds = abs(gap.total_seconds())
    for name, length in UNITS:
        if seconds >= length:
            count = int(seconds // length)
            words = f"{count} {name}{'s' if count > 1 else ''}"
            return f"in {words}" if gap > timedelta(0) else f"{words} ago"
    return "in a moment" if gap > timedelta(0) else "just now"


def absolute(moment: datetime) -> str:
    """Return the moment with its zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
