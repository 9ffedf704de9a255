"""How the tracking servers fare: whether they answer, since when they do not, and how old the mirror is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from lineage.models import ModelVersion, SyncReport, TrackingServer

NEVER = datetime.min.replace(tzinfo=UTC)
MISSED = 10
PATIENCE = timedelta(minutes=10)
"""A server that is due so often, or for so long, and that nobody tries to read, is one whose worker stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One tracking server. `last_synchronised_at` is when it was last read whole, None when it never was. While that
    fails, `failing_since` is when the first attempt after that failed, `error` says what came of the last one, and
    `is_answering` whether the server said anything at all. `idle_since` is when anybody last tried to read it, where
    that is longer ago than it should be."""

    key: str
    is_answering: bool
    last_synchronised_at: datetime | None
    failing_since: datetime | None
    error: str
    idle_since: datetime | None


def health(*, keys: Iterable[str], at: datetime) -> list[Health]:
    """Return how the servers with these keys fare at `at`, by key, with one query."""
    late = at - max(MISSED * settings.SYNCHRONISE_EVERY, PATIENCE)
    last = Coalesce(OuterRef("last_synchronised_at"), Value(NEVER))
    failed = SyncReport.objects.filter(server=OuterRef("pk"), outcome=SyncReport.Outcome.FAILED, started_at__gt=last)
    first = Subquery(failed.order_by("started_at").values("started_at")[:1])
    tried = Max("reports__started_at")
    rows = TrackingServer.objects.filter(key__in=list(keys)).annotate(first_failed_at=first, tried_at=tried)
    return [
        Health(
            key=row.key,
            is_answering=row.state != TrackingServer.State.UNREACHABLE,
            last_synchronised_at=row.last_synchronised_at,
            failing_since=row.first_failed_at if row.last_error else None,
            error=row.last_error,
            idle_since=row.tried_at if row.tried_at and row.tried_at < late else None,
        )
        for row in rows.order_by("key")
    ]


def reports(*, key: str, most: int, upto: int = 0) -> QuerySet[SyncReport]:
    """Return the newest synchronisations of a server (or those up to the id `upto`), the newest first, at most so
    many."""
    rows = SyncReport.objects.filter(server__key=key, **({"pk__lte": upto} if upto else {}))
    return rows.order_by("-pk")[:most]


def unreadable(*, key: str, models: Iterable[str]) -> QuerySet[ModelVersion]:
    """Return the living versions of these registered models whose files could not be hashed when last tried."""
    rows = ModelVersion.objects.filter(registered_model__server__key=key, registered_model__name__in=list(models))
    failed = rows.filter(vanished_at=None).exclude(hashing_problem="")
    return failed.select_related("registered_model").order_by("registered_model__name", "pk")
