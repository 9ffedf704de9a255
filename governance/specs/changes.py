"""One change between two versions, and the ways in which a single field can change."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from governance.specs import strictness
from governance.specs.document import decimal_text

Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True)
class Change:
    """`kind` is tightened, loosened, added, removed or reworded; `before` and `after` are texts ("" for nothing)."""

    kind: str
    path: str
    before: str
    after: str
    sentence: str


def make(kind: str, path: str, before: Any, after: Any, sentence: str = "") -> Change:
    """Return a change, with a sentence of its own unless one is given."""
    old, new = _text(before), _text(after)
    said = {"added": f"{path} is added: {new}", "removed": f"{path} is removed; it was {old}"}
    default = said.get(kind, f"{path} is {kind} from {old} to {new}")
    return Change(kind=kind, path=path, before=old, after=new, sentence=sentence or default)


def worded(path: str, old: Any, new: Any, *names: str) -> Iterator[Change]:
    """Yield a rewording for each of the fields `names` that differs."""
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield make("reworded", f"{path}.{name}" if path else name, before, after)


def replaced(path: str, before: Any, after: Any, *, stricter: bool = False) -> Iterator[Change]:
    """Yield a change where one value takes another's place; a loosening unless it is `stricter`."""
    if before != after:
        yield make("tightened" if stricter else "loosened", path, before, after)


def graded(path: str, field: str, before: Any, after: Any, *, comparator: str = ">=") -> Iterator[Change]:
    """Yield a change of a field that `strictness` orders; None (of an overlay) means that nothing more is asked."""
    if before is None and after is not None:
        yield make("added", path, None, after)
    elif before is not None and after is None:
        yield make("removed", path, before, None)
    elif before != after:
        asks_more = strictness.compare(field, before, after, comparator=comparator) > 0
        yield from replaced(path, before, after, stricter=asks_more)


def listed(path: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    """Yield what left and what joined a list in which each entry asks for something."""
    before, after = tuple(old), tuple(new)
    for item in before:
        if item not in after:
            yield make("removed", f"{path}.{item}", item, None)
    for item in after:
        if item not in before:
            yield make("added", f"{path}.{item}", None, item)


def paired(
    old: Iterable[Part], new: Iterable[Part], identity: Callable[[Part], Hashable]
) -> Iterator[tuple[Part | None, Part | None]]:
    """Yield each old part with its namesake in `new`, in order; what has none is paired with None."""
    waiting: dict[Hashable, list[Part]] = {}
    for part in new:
        waiting.setdefault(identity(part), []).append(part)
    for part in old:
        namesakes = waiting.get(identity(part), [])
        yield part, namesakes.pop(0) if namesakes else None
    for rest in waiting.values():
        yield from ((None, part) for part in rest)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
