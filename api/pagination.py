"""Lists come in pages that stay right while rows are added."""

from __future__ import annotations

import re

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from governance.errors import Invalid, Problem


class Pages(CursorPagination):
    """Newest first; `limit` up to 200 rows."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = "-pk"
    position = re.compile(r"\d{1,18}")

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place that `cursor` names; raise Invalid when it names none."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise _no_cursor() from error
        if cursor is not None and cursor.position is not None and not self.position.fullmatch(str(cursor.position)):
            raise _no_cursor()
        return cursor


class PagesByKey(Pages):
    """In the order of their keys."""

    ordering = "key"
    position = re.compile(r"[^\0]*")


class PagesByName(Pages):
    """In the order of their names."""

    ordering = ("name", "pk")
    position = re.compile(r"[^\0]*")


def _no_cursor() -> Invalid:
    problem = Problem("cursor", "is none that was given out.", "Follow `next`, or leave it out.")
    return Invalid(str(problem), problems=(problem,))
