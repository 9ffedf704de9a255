"""Which registered action has which address: read from the views themselves, so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api import urls


@dataclass(frozen=True, slots=True)
class Route:
    """`method` and `path` (Django's pattern under /api/v1/) of one operation; `verb` is empty where it only reads."""

    method: str
    path: str
    verb: str


def routes() -> tuple[Route, ...]:
    """Return every operation of the REST face, in the order of api/urls.py."""
    return tuple(_routes())


def by_verb() -> dict[str, Route]:
    """Return the route of each registered action that has one, by its verb."""
    return {route.verb: route for route in routes() if route.verb}


def _routes() -> Iterator[Route]:
    for pattern in urls.rest:
        view = getattr(pattern.callback, "view_class")  # noqa: B009
        for method in ("get", "post", "put", "patch", "delete"):
            handler = getattr(view, method, None)
            if handler is not None:
                yield Route(method.upper(), str(pattern.pattern), handler.verb)
