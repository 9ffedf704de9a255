"""What several domains say in the same way: scalars, lists, relations, and who reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import graphene
from graphene.utils.str_converters import to_snake_case
from graphql import GraphQLError, GraphQLResolveInfo, StringValueNode

from api.graphql.together import Together
from governance.accounts.models import User
from governance.audit.sealed import read_together


@dataclass(frozen=True, slots=True)
class Reading:
    """The context of a query: who reads, when, and the rows found so far."""

    by: User
    at: datetime
    rows: Together = field(default_factory=Together)


class Moment(graphene.DateTime):
    """A time in UTC (RFC 3339, ending in Z)."""

    class Meta:
        name = "DateTime"

    @staticmethod
    def serialize(dt: date) -> str:
        """Return the time as text."""
        if not isinstance(dt, datetime):
            raise GraphQLError("This is no time.")
        return dt.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Written(graphene.String):
    """Text that is asked with, held against FORM before anything reads it."""

    class Meta:
        abstract = True

    FORM: re.Pattern[str]

    @classmethod
    def parse_value(cls, value: Any) -> str:
        """Return the text of a variable; raise GraphQLError when it has another form."""
        if not isinstance(value, str) or not cls.FORM.fullmatch(value):
            raise GraphQLError(f"This is no {cls.__name__}. {(cls.__doc__ or '').strip()}")
        return value

    @classmethod
    def parse_literal(cls, node: Any, _variables: Any = None) -> str:
        """Return the text that stands in the query; raise GraphQLError when it has another form."""
        return cls.parse_value(node.value if isinstance(node, StringValueNode) else None)


class Reference(Written):
    """A key, path or URI: 1 to 600 characters, none of them a control character."""

    FORM = re.compile(r"[^\x00-\x1f\x7f]{1,600}")


class Digest(Written):
    """A SHA-256: 64 hexadecimal digits in lower case."""

    FORM = re.compile(r"[0-9a-f]{64}")


def every(of: Any) -> graphene.NonNull:
    """Return the type of a list without holes."""
    return graphene.NonNull(graphene.List(graphene.NonNull(of)))


def link(of: Any, relation: str, *, required: bool = True) -> graphene.Field:
    """Return a field that leads along a row's relation to one other."""

    def resolve(row: Any, info: GraphQLResolveInfo) -> Any:
        return info.context.rows.one(row, relation)

    return graphene.Field(of, required=required, resolver=resolve)


def links(of: Any, relation: str) -> graphene.Field:
    """Return a field that leads along a row's relation to all at its other end, in the order they were made."""

    def resolve(row: Any, info: GraphQLResolveInfo) -> Any:
        return info.context.rows.many(row, relation)

    return graphene.Field(every(of), resolver=resolve)


def sealed(description: str = "In their writer's own words; “erased” once they were.") -> graphene.Field:
    """Return a field of words that lie sealed beside the log; “erased” where they were."""

    def resolve(row: Any, info: GraphQLResolveInfo) -> str:
        return words(row, to_snake_case(info.field_name), info=info)

    return graphene.Field(graphene.String, required=True, resolver=resolve, description=description)


def words(row: Any, name: str, *, info: GraphQLResolveInfo) -> str:
    """Return the sealed text `name` of a row, read together with those of its peers."""
    found: str = info.context.rows.each(row, name, lambda peers: _read(peers, name))
    return found


def _read(peers: list[Any], name: str) -> dict[Any, str]:
    read_together(peers)
    return {peer.pk: getattr(peer, name) for peer in peers}


def itself(of: Any) -> graphene.Field:
    """Return a field that shows another side of the same row."""
    return graphene.Field(of, required=True, resolver=lambda row, info: row)


def said(of: Any, key: str) -> graphene.Field:
    """Return a field of the row's own canonical document, which is parsed once."""

    def resolve(row: Any, info: GraphQLResolveInfo) -> Any:
        return info.context.rows.each(row, "content", lambda peers: {p.pk: p.content() for p in peers})[key]

    return graphene.Field(of, required=not isinstance(of, graphene.NonNull), resolver=resolve)
