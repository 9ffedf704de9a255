"""Reading what is live where, and what is out of band, as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from governance.accounts.models import User
from governance.approvals.states import ApprovalState
from governance.errors import Conflict, NotFound
from governance.monitoring.models import (
    Deployment,
    IntegrityIncident,
    OutOfBandClaim,
    OutOfBandMark,
    OutOfBandPromotion,
)
from governance.monitoring.states import ClaimState, IncidentState, MarkState, PromotionState
from governance.systems.models import AISystem, RegisteredModelLink
from lineage import selectors as lineage
from lineage.health import Health, health
from lineage.models import ModelVersion, TrackingServer


def live(*, system: AISystem, at: datetime | None = None) -> list[Deployment]:
    """Return what is live in each context (as it was seen at `at`), by context and model; a context in which several
    models are live is there several times."""
    rows = Deployment.objects.filter(system=system).select_related("model_version__registered_model__server")
    if at is None:
        rows = rows.filter(until__isnull=True)
    else:
        rows = rows.filter(since__lte=at).filter(Q(until__isnull=True) | Q(until__gt=at))
    return list(rows.order_by("context_key", "registered_model__name", "pk"))


def live_in(*, system: AISystem, context_key: str, model: str = "") -> Deployment:
    """Return what is live in a context: the one model there is, or the version of the registered model `model`.

    Raises NotFound, and Conflict where several are live and none is named.
    """
    there = [row for row in live(system=system) if row.context_key == context_key]
    found = [row for row in there if model in ("", row.model_version.name)]
    if not found:
        of_model = f" of {model}" if model else ""
        raise NotFound(f"Nothing{of_model} has been seen live in {context_key}.")
    if len(found) > 1:
        names = ", ".join(row.model_version.name for row in found)
        raise Conflict(f"Several models are live in {context_key}: {names}. Name one of them.", code="several-live")
    return found[0]


def promotions(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandPromotion]:
    """Return out-of-band promotions that `by` may see, newest first."""
    rows = OutOfBandPromotion.objects.visible_to(by).select_related(
        "system", "model_version__registered_model", "before__registered_model"
    )
    return _of(rows, system)


def standing_promotions(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandPromotion]:
    """Return the promotions that still stand."""
    return promotions(by=by, system=system).filter(state=PromotionState.OPEN)


def marks(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandMark]:
    """Return the aliases and tags that were moved out of band, as far as `by` may see them, newest first."""
    rows = OutOfBandMark.objects.visible_to(by).select_related("system", "model_version__registered_model")
    return _of(rows, system)


def standing_marks(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandMark]:
    """Return the marks that still stand."""
    return marks(by=by, system=system).filter(state=MarkState.OPEN)


def claims(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandClaim]:
    """Return the versions that MLflow showed as released without an approval, by stage or as a copy, newest first."""
    rows = OutOfBandClaim.objects.visible_to(by).select_related("system", "model_version__registered_model")
    return _of(rows, system)


def standing_claims(*, by: User, system: AISystem | None = None) -> QuerySet[OutOfBandClaim]:
    """Return the claims that still stand."""
    return claims(by=by, system=system).filter(state=ClaimState.OPEN)


def incidents(*, by: User, system: AISystem | None = None) -> QuerySet[IntegrityIncident]:
    """Return integrity incidents that `by` may see, newest first."""
    rows = IntegrityIncident.objects.visible_to(by).select_related(
        "system", "model_version__registered_model__server", "before", "after"
    )
    return _of(rows, system)


def standing_incidents(*, by: User, system: AISystem | None = None) -> QuerySet[IntegrityIncident]:
    """Return the integrity incidents that still stand."""
    return incidents(by=by, system=system).filter(state=IncidentState.OPEN)


def unchecked(*, server: TrackingServer, before: datetime) -> list[ModelVersion]:
    """Return the versions on `server` that are live or approved and whose files were last hashed before a time. Those
    that never could be hashed are left to the synchronisation, which tries each time."""
    wanted = Q(approvals__state=ApprovalState.ACTIVE)
    for link in RegisteredModelLink.objects.filter(server_key=server.key).select_related("system"):
        aliases = list(link.system.contexts.values_list("live_alias", flat=True))
        wanted |= Q(registered_model__name=link.name, aliases__name__in=aliases)
    rows = ModelVersion.objects.filter(wanted, registered_model__server=server, vanished_at=None)
    old = rows.filter(digest_checked_at__lt=before).select_related("registered_model__server")
    return list(old.order_by("pk").distinct())


def servers(*, systems: Iterable[AISystem], at: datetime) -> list[Health]:
    """Return how the tracking servers of these systems (which the reader may see) fare at `at`, by key."""
    links = RegisteredModelLink.objects.filter(system__in=list(systems))
    return health(keys=links.values_list("server_key", flat=True).distinct(), at=at)


def hidden(*, system: AISystem) -> list[str]:
    """Return which of the system's models, or versions of them, MLflow's own search hides now: `models:/NAME` or
    `models:/NAME/VERSION`, in that order. Edgewise reads them by name and judges them like any other."""
    found: list[str] = []
    for link in system.registered_models.order_by("pk"):
        found += lineage.hidden(server_key=link.server_key, model=link.name)
    return found


def _of(rows: QuerySet[Any], system: AISystem | None) -> QuerySet[Any]:
    rows = rows.order_by("-pk")
    return rows if system is None else rows.filter(system=system)
