"""Reading what is live where, and what is out of band, as far as the reader may see it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from governance.accounts.models import User
from governance.monitoring.models import Deployment, OutOfBandPromotion
from governance.monitoring.states import PromotionState
from governance.systems.models import AISystem
from lineage import selectors as lineage


def live(*, system: AISystem, at: datetime | None = None) -> dict[str, Deployment]:
    """Return what is live in each context (as it was seen at `at`), by context key."""
    rows = Deployment.objects.filter(system=system).select_related("model_version__registered_model__server")
    if at is None:
        rows = rows.filter(until__isnull=True)
    else:
        rows = rows.filter(since__lte=at).filter(Q(until__isnull=True) | Q(until__gt=at))
    return {row.context_key: row for row in rows}


def promotions(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandPromotion]:
    """Return out-of-band promotions that `by` may see, newest first."""
    rows = OutOfBandPromotion.objects.visible_to(by).select_related(
        "system", "model_version__registered_model", "before__registered_model"
    )
    rows = rows.order_by("-pk")
    return rows if system is None else rows.filter(system=system)


def standing_promotions(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandPromotion]:
    """Return the promotions that still stand."""
    return promotions(by=by, system=system).filter(state=PromotionState.OPEN)


def hidden(*, system: AISystem) -> list[str]:
    """Return which of the system's models, or versions of them, MLflow's own search hides now: `models:/NAME` or
    `models:/NAME/VERSION`, in that order. Edgewise reads them by name and judges them like any other."""
    found: list[str] = []
    for link in system.registered_models.order_by("pk"):
        found += lineage.hidden(server_key=link.server_key, model=link.name)
    return found
