"""Overlays that name what stands above them, as other configurations have it: here their keys alone say it, so that no
context can stand above itself. Tolerates malformed parts, as `rules` does. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.errors import Problem
from governance.specs.parts import get, parts, text, texts
from governance.specs.syntax import Source

WORDS = ("extends", "parent", "parents", "inherits", "inherits_from", "based_on", "above", "under")


def problems(source: Source) -> Iterator[Problem]:
    """Yield a problem for each overlay that names what is above it, with the circle where it leads back to itself."""
    overlays = list(parts(get(source.data, "contexts"), "contexts"))
    above: dict[str, list[str]] = {}
    for _, overlay in overlays:
        above.setdefault(text(overlay.get("key")), []).extend(name for word in WORDS for name in _named(overlay, word))
    for where, overlay in overlays:
        for word in (word for word in WORDS if word in overlay):
            key = text(overlay.get("key"))
            circle = _circle(key, above)
            what = f"`{word}` is not a key of an overlay: a context stands under another by its key alone."
            if circle:
                what = f"`{key}` would stand above itself: {' → '.join(circle)}."
            remedy = f"Remove `{word}`: every overlay whose key begins `{key}` applies already, such as {_top(key)}."
            yield source.problem(f"{where}.{word}", what, remedy, at_key=True)


def _named(overlay: Mapping[str, object], word: str) -> list[str]:
    value = overlay.get(word)
    return [value] if isinstance(value, str) else texts(value)


def _circle(key: str, above: Mapping[str, list[str]]) -> list[str]:
    """Return the shortest way from a key back to itself, empty where there is none."""
    ways, seen = [[key]], set[str]()
    while ways:
        way = ways.pop(0)
        for name in above.get(way[-1], []):
            if name == key:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _top(key: str) -> str:
    return f"`{key.partition('/')[0]}`" if "/" in key else "`us` for `us/phone`"
