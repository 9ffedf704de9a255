"""What the page of a model's or a version's history shows: how it was known, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.monitoring import history
from governance.monitoring.history import WITHHELD
from lineage.hinted import made_at
from lineage.timeline import SHOWN, WHAT, Change

PAGE = 50
IN_LINE = 120
"""How many characters of a value stand in a row; the rest is behind a disclosure."""
TAGS = 100
"""How many tags of a state are listed."""
WORDS = {
    ("existence", "first seen"): "First seen",
    ("existence", "gone"): "Gone from MLflow",
    ("existence", "came back"): "Came back",
    ("name", "renamed"): "Renamed",
}


def content(
    *, system_key: str, uri: str, what: str, as_of: datetime | None, after: str, by: User, at: datetime
) -> dict[str, Any]:
    """Return everything that the page shows; raises NotFound and Invalid as `history.history`."""
    found = history.history(system_key=system_key, uri=uri, what=what, as_of=as_of, by=by)
    page = found.page(after=after, limit=PAGE)
    return {
        "history": found,
        "whole_model": f"{found.scheme}:/{found.name}",
        "states": [_state(known) for known in found.known(at=at)],
        "changes": [_row(change) for change in page.changes],
        "older": page.next,
    }


def kinds() -> list[str]:
    """Return the kinds of changes that one may ask for."""
    return list(WHAT)


def shown(text: str) -> dict[str, Any]:
    """Return a value as a row shows it: `line` stands in it, `rest` behind a disclosure, which `is_cut` where even
    that is not all of it."""
    first = text.split("\n", 1)[0][:IN_LINE]
    told = {"line": first, "is_whole": first == text, "rest": text[:SHOWN], "length": len(text)}
    return told | {"is_cut": len(text) > SHOWN}


def _row(change: Change) -> dict[str, Any]:
    did = WORDS.get((change.what, change.did), f"{change.what.capitalize()} {change.did}")
    sides = [] if change.what == "existence" else [("From", change.before), ("To", change.after)]
    values = [(label, _value(change, label.lower(), text)) for label, text in sides]
    return {"change": change, "did": did, "key": change.key.start, "values": values}


def _value(change: Change, side: str, text: Any) -> dict[str, Any] | None:
    if text is None:
        return None
    if text == WITHHELD:
        return {"is_withheld": True}
    if change.what == "alias":
        return shown(f"version {text.start}")
    return shown(text.start) | {"length": text.length, "side": side, "is_cut": text.length > len(text.start)}


def _state(known: history.Known) -> dict[str, Any]:
    tags = sorted(known.state.tags.items())
    return {
        "known": known,
        "made_at": made_at(known.thing),
        "description": shown(known.state.description),
        "source": shown(known.state.source),
        "tags": [(shown(key), shown(value)) for key, value in tags[:TAGS]],
        "more_tags": max(len(tags) - TAGS, 0),
        "aliases": sorted(known.aliases.items()),
    }
