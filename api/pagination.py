"""Lists come in pages that stay right while rows are added."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

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


class PagesOfChanges(Pages):
    """Newest first, of what has a `page(after=, limit=)` of its own, since its rows are of several kinds."""

    following = ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page; raise Invalid for a cursor that names no place."""
        self.request = request
        limit = self.get_page_size(request) or self.page_size
        found = queryset.page(after=request.query_params.get(self.cursor_query_param, ""), limit=limit)
        self.following = found.next
        return list(found.changes)

    def get_next_link(self) -> str | None:
        """Return the address of the following page."""
        if not self.following:
            return None
        return str(replace_query_param(self.request.build_absolute_uri(), self.cursor_query_param, self.following))

    def get_previous_link(self) -> None:
        """There is no way back but from the beginning."""


def _no_cursor() -> Invalid:
    problem = Problem("cursor", "is none that was given out.", "Follow `next`, or leave it out.")
    return Invalid(str(problem), problems=(problem,))
