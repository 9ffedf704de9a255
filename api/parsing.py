"""JSON as clients send it, as deep as anything that is asked for and no deeper."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 64


class BoundedJSONParser(JSONParser):
    """Refuses what is nested deeper than DEEPEST, before anything walks down it."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value; raise ParseError when it is no JSON, or nested too deep."""
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise _too_deep() from error
        check_depth(value)
        return value


def check_depth(value: Any) -> None:
    """Raise ParseError when lists and objects lie in each other more than DEEPEST times."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [member for container in level for member in _members(container)]
        if not level:
            return
    raise _too_deep()


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> ParseError:
    return ParseError(f"The JSON is nested more than {DEEPEST} levels deep.")
