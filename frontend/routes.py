"""Which page sends which registered action, read from the views themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.urls import URLPattern

from frontend.urls import urlpatterns


@dataclass(frozen=True, slots=True)
class PageRoute:
    """A POST that performs `verb`: the route's `name`, the arguments in its address, and the fields of its form."""

    verb: str
    name: str
    arguments: tuple[str, ...]
    fields: tuple[str, ...]


def by_verb() -> Mapping[str, PageRoute]:
    """Return the page route of every verb that has one."""
    found = (_route(pattern) for pattern in urlpatterns if isinstance(pattern, URLPattern))
    return MappingProxyType({route.verb: route for route in found if route})


def _route(pattern: URLPattern) -> PageRoute | None:
    verb = getattr(pattern.callback, "verb", None)
    if verb is None:
        return None
    return PageRoute(
        verb=verb,
        name=pattern.name or "",
        arguments=tuple(pattern.pattern.converters),
        fields=tuple(pattern.callback.form.base_fields),  # type: ignore[attr-defined]
    )
