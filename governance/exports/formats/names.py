"""Names that every format takes, whatever somebody called a thing. Pure."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from governance.exports.extract import Figure
from governance.exports.things import Place, Thing

NAMESPACE = uuid.UUID("265155f1-ef87-59ed-96e6-792c04188b67")
"""Under which the UUIDs of what has none are derived (RFC 9562, version 5)."""

FIGURE = ("dimension", "metric", "aggregate", "group", "context")
"""What a figure's place consists of."""


def local(*parts: str) -> str:
    """Return `parts` as one name of unreserved characters, percent-escapes and slashes: no part can step out of its
    place. It is a local name of PROV-N (PN_LOCAL), which ends with no dot, and a fragment of an address."""
    return "/".join(_escaped(part) for part in parts)


def of(thing: Thing) -> str:
    """Return the name of a thing, unique in an installation."""
    return at(thing.place)


def at(place: Place) -> str:
    """Return the name of the thing at a place."""
    return local(*place)


def uuid_of(site: str, name: str) -> str:
    """Return the UUID of what has this name in this installation, always the same."""
    return str(uuid.uuid5(NAMESPACE, f"{site} {name}"))


def key(label: str) -> str:
    """Return a label as one word in camelCase: `kind of source` as `kindOfSource`."""
    if label.isidentifier():
        return label
    first, *others = label.split()
    return first.lower() + "".join(word.capitalize() for word in others)


def told(figure: Figure) -> dict[str, str]:
    """Return what a figure says, as texts; nothing for what it does not know."""
    known = {name: text for name in ("estimate", "low", "high", "interval") if (text := getattr(figure, name))}
    return dict(zip(FIGURE, figure.place, strict=True)) | {"n": str(figure.n)} | known


def _escaped(part: str) -> str:
    found = quote(part, safe="")
    dots = len(found) - len(found.rstrip("."))
    return found[: len(found) - dots] + "%2E" * dots
