"""The states of a route and the ways between them; the database holds the same table."""

from __future__ import annotations

from django.db import models


class RouteState(models.TextChoices):
    """Whether somebody still has to act on an edge signal."""

    OPEN = "open", "open"
    CLOSED = "closed", "closed"


TRANSITIONS: dict[str, tuple[str, ...]] = {RouteState.OPEN: (RouteState.CLOSED,), RouteState.CLOSED: ()}
