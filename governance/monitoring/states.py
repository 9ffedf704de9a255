"""The states of what monitoring finds; the database holds the same tables."""

from __future__ import annotations

from django.db import models


class PromotionState(models.TextChoices):
    """Whether an out-of-band promotion still stands."""

    OPEN = "open", "open"
    RESOLVED = "resolved", "resolved"


class MarkState(models.TextChoices):
    """Whether MLflow still says of an approval what Edgewise did not have it say."""

    OPEN = "open", "MLflow was told the truth again and has not been seen to say it"
    RESOLVED = "resolved", "MLflow says how things stand, or the mark was moved again"


class ClaimState(models.TextChoices):
    """Whether MLflow still shows a version as released, by stage or as a copy, for which no approval stands."""

    OPEN = "open", "MLflow shows it as released, and no approval of its files stands"
    RESOLVED = "resolved", "it is approved by now, left the stage, or is gone"


class IncidentState(models.TextChoices):
    """Whether a model version still has other files than it was registered with."""

    OPEN = "open", "other files lie there: nothing rests on this version any more"
    RESOLVED = "resolved", "the first files are back, they were changed again, or the version is gone"


PROMOTION_TRANSITIONS: dict[str, tuple[str, ...]] = {
    PromotionState.OPEN: (PromotionState.RESOLVED,),
    PromotionState.RESOLVED: (),
}
MARK_TRANSITIONS: dict[str, tuple[str, ...]] = {
    MarkState.OPEN: (MarkState.RESOLVED,),
    MarkState.RESOLVED: (),
}
CLAIM_TRANSITIONS: dict[str, tuple[str, ...]] = {
    ClaimState.OPEN: (ClaimState.RESOLVED,),
    ClaimState.RESOLVED: (),
}
INCIDENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    IncidentState.OPEN: (IncidentState.RESOLVED,),
    IncidentState.RESOLVED: (),
}
