"""The states of a value specification's working draft; “superseded” derives from the successor."""

from __future__ import annotations

from django.db import models


class DraftState(models.TextChoices):
    """Where the working draft stands."""

    DRAFT = "draft", "being drafted"
    DELIBERATING = "deliberating", "in deliberation"
    RATIFIED = "ratified", "ratified, nothing in draft"


TRANSITIONS: dict[str, tuple[str, ...]] = {
    DraftState.DRAFT: (DraftState.DELIBERATING,),
    DraftState.DELIBERATING: (DraftState.DRAFT, DraftState.RATIFIED),
    DraftState.RATIFIED: (DraftState.DRAFT,),
}
