"""Dataclasses out of documents, member by member by the types that they declare, and back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any, TypeVar

from governance.errors import Invalid, Problem
from governance.evidence import decimals
from governance.evidence.records import Rung, Source

T = TypeVar("T")
Reader = Callable[[Any, str], Any]


def plain(value: Any) -> Any:
    """Return a dataclass, tuple or number as document data; decimals as strings of nine significant digits."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return decimals.text(value)
    if isinstance(value, tuple):
        return [plain(member) for member in value]
    members = value.__dict__
    return {
        name: member if type(member := members[name]) in _ALREADY_PLAIN else plain(member)
        for name in _names_of(type(value))  # type: ignore[arg-type]
    }


def check_members(document: Mapping[str, Any], names: Collection[str], where: str) -> None:
    """Raise Invalid unless a document has exactly the members `names`."""
    if set(document) != set(names):
        odd = ", ".join(sorted(set(document) ^ set(names)))
        raise wrong(where, f"these members are missing or unknown: {odd}.", "Take the report as it was written.")


def many(kind: Callable[..., T], value: Any, where: str) -> tuple[T, ...]:
    """Return a list of dataclasses of `kind`."""
    return tuple(one(kind, part, f"{where}[{index}]") for index, part in enumerate(_list(value, where)))


def one(kind: Callable[..., T], value: Any, where: str) -> T:
    """Return a dataclass of `kind` that a document states. Raises Invalid for a malformed one."""
    members, declared = mapping(value, where), _members_of(kind)
    if members.keys() != _names_of(kind).keys():
        check_members(members, _names_of(kind), where)
    return kind(
        **{
            name: value if type(value := members[name]) in usual else reader(value, f"{where}.{name}")
            for name, usual, reader in declared
        }
    )


@cache
def _members_of(kind: Hashable) -> tuple[tuple[str, tuple[type, ...], Reader], ...]:
    """Return, for each member of a dataclass, its name, the types that need no reading, and what reads any other."""
    return tuple((f.name, _AS_IT_IS.get(str(f.type), ()), _READERS[str(f.type)]) for f in fields(kind))  # type: ignore[arg-type]


@cache
def _names_of(kind: Hashable) -> dict[str, None]:
    return dict.fromkeys(field.name for field in fields(kind))  # type: ignore[arg-type]


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise wrong(where, "this is not an object.")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong(where, "this is not a list.")
    return value


def text(value: Any, where: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise wrong(where, "this is not text.")
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(text(part, f"{where}[{index}]") for index, part in enumerate(_list(value, where)))


def _integer(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(where, "this is not an integer.")
    return value


def _two(reader: Callable[[Any, str], T]) -> Callable[[Any, str], tuple[T, T]]:
    def read_two(value: Any, where: str) -> tuple[T, T]:
        if len(_list(value, where)) != 2:
            raise wrong(where, "these are not two.")
        return reader(value[0], f"{where}[0]"), reader(value[1], f"{where}[1]")

    return read_two


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, "this is not true or false.")
    return value


def decimal(value: Any, where: str) -> Decimal:
    """Return a number that is written as text, to nine significant digits."""
    if not is_number(text(value, where)):
        raise no_number(value, where)
    return decimals.rounded(Decimal(value))


@lru_cache(maxsize=1 << 14)
def is_number(value: str) -> bool:
    """Return whether a text is a number that can be recorded."""
    try:
        decimals.rounded(Decimal(value))
    except (InvalidOperation, Invalid):
        return False
    return True


def no_number(value: str, where: str) -> Invalid:
    """Return the refusal of what is no number."""
    return wrong(where, f"{value!r:.40} is not a decimal number.")


def moment(value: Any, where: str) -> str:
    """Return an RFC 3339 time with its offset, or an empty text."""
    try:
        aware = not text(value, where) or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise wrong(where, f"{value!r:.40} is not a time with its offset.", "Write 2026-01-31T12:00:00Z.")
    return str(value)


def _source(value: Any, where: str) -> Source:
    """Return a source, one object for all that are equal: thousands of observations are of one evaluation."""
    try:
        # The type tells true from 1, which is equal to it.
        return _equal_source(tuple(value.items()), type(value["per_case"]).__name__)
    except (Invalid, AttributeError, KeyError, TypeError):
        return one(Source, value, where)


@lru_cache(maxsize=1 << 10)
def _equal_source(items: tuple[tuple[str, Any], ...], _: str) -> Source:
    return one(Source, dict(items), "source")


def _or_none(reader: Callable[[Any, str], T]) -> Callable[[Any, str], T | None]:
    return lambda value, where: None if value is None else reader(value, where)


def wrong(where: str, what: str, remedy: str = "") -> Invalid:
    """Return the refusal of inputs for one reason."""
    problem = Problem(where, what, remedy)
    return Invalid(f"The gate cannot judge this: {problem}", code="inputs-unusable", problems=(problem,))


_ALREADY_PLAIN = frozenset({str, int, bool, type(None)})
_NONE = type(None)
_AS_IT_IS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "str | None": (str, _NONE),
    "int | None": (int, _NONE),
}
_READERS: dict[str, Reader] = {
    "str": text,
    "int": _integer,
    "bool": _truth,
    "Decimal": decimal,
    "str | None": _or_none(text),
    "int | None": _or_none(_integer),
    "tuple[str, ...]": texts,
    "tuple[str, str]": _two(text),
    "tuple[Decimal, Decimal]": _two(decimal),
    "Source": _source,
    "tuple[Rung, ...]": lambda value, where: many(Rung, value, where),
}
