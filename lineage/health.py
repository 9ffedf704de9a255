"""How the tracking servers fare: whether they answer, since when they do not, and how old the mirror is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from lineage.models import SyncReport, TrackingServer

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One tracking server. `last_synchronised_at` is when it was last read whole, None when it never was. While that
    fails, `failing_since` is when the first attempt after that failed, `error` says what came of the last one, and
    `is_answering` whether the server said anything at all."""

    key: str
    is_answering: bool
    last_synchronised_at: datetime | None
    failing_since: datetime | None
    error: str


def health(*, keys: Iterable[str]) -> list[Health]:
    """Return how the servers with these keys fare, by key, with one query."""
    last = Coalesce(OuterRef("last_synchronised_at"), Value(NEVER))
    failed = SyncReport.objects.filter(server=OuterRef("pk"), outcome=SyncReport.Outcome.FAILED, started_at__gt=last)
    first = Subquery(failed.order_by("started_at").values("started_at")[:1])
    rows = TrackingServer.objects.filter(key__in=list(keys)).annotate(first_failed_at=first)
    return [
        Health(
            key=row.key,
            is_answering=row.state != TrackingServer.State.UNREACHABLE,
            last_synchronised_at=row.last_synchronised_at,
            failing_since=row.first_failed_at if row.last_error else None,
            error=row.last_error,
        )
        for row in rows.order_by("key")
    ]
