"""Lists come in pages that stay right while rows are added."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """Newest first; `limit` up to 200 rows."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = "-pk"


class PagesByKey(Pages):
    """In the order of their keys."""

    ordering = "key"


class PagesByName(Pages):
    """In the order of their names."""

    ordering = ("name", "pk")
