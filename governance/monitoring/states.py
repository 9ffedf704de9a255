"""The states of an out-of-band promotion; the database holds the same table."""

from __future__ import annotations

from django.db import models


class PromotionState(models.TextChoices):
    """Whether an out-of-band promotion still stands."""

    OPEN = "open", "open"
    RESOLVED = "resolved", "resolved"


TRANSITIONS: dict[str, tuple[str, ...]] = {
    PromotionState.OPEN: (PromotionState.RESOLVED,),
    PromotionState.RESOLVED: (),
}
