"""The states of a deliberation and the ways between them; the database holds the same table."""

from __future__ import annotations

from django.db import models


class DeliberationState(models.TextChoices):
    """Where a deliberation stands."""

    DRAFT = "draft", "draft"
    OPEN = "open", "open for statements"
    VOTING = "voting", "voting"
    DECIDED = "decided", "decided"
    CLOSED = "closed", "closed"


TRANSITIONS: dict[str, tuple[str, ...]] = {
    DeliberationState.DRAFT: (DeliberationState.OPEN,),
    DeliberationState.OPEN: (DeliberationState.VOTING,),
    DeliberationState.VOTING: (DeliberationState.DECIDED,),
    DeliberationState.DECIDED: (DeliberationState.CLOSED,),
    DeliberationState.CLOSED: (),
}
