"""One tracking server, as far as a reader may see the systems that its models serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.policies import check_administrator
from governance.errors import no_such
from governance.systems import selectors as systems
from governance.systems.models import AISystem, RegisteredModelLink
from lineage import health
from lineage.health import Health
from lineage.models import Hint, Hook, ModelVersion, SyncReport, TrackingServer
from lineage.selectors import hidden
from lineage.selectors import server as tracking_server
from lineage.transport import without_password

SHOWN = 20
"""How many synchronisations are shown."""


@dataclass(frozen=True, kw_only=True)
class ServerState:
    """How a server fares. `lag_seconds` is how old the last whole reading is; `reports` are synchronisations, newest
    first; `hidden` and `unreadable` are of the models of `systems` alone. `hook` is None where no webhook is connected,
    `hint` the last one that came."""

    key: str
    url: str
    health: Health
    lag_seconds: int | None
    systems: tuple[AISystem, ...]
    reports: tuple[SyncReport, ...]
    hidden: tuple[str, ...]
    unreadable: tuple[ModelVersion, ...]
    hook: Hook | None
    hint: Hint | None


def every(*, by: User) -> list[TrackingServer]:
    """Return every tracking server, by key; raises NotPermitted for all but administrators."""
    check_administrator(by=by)
    return list(TrackingServer.objects.order_by("key"))


def server(*, key: str, by: User, at: datetime, upto: int = 0) -> ServerState:
    """Return one tracking server, with its newest synchronisations or those up to the report with the id `upto`; raises
    NotFound where it is missing or serves no system that `by` may see."""
    links = RegisteredModelLink.objects.filter(server_key=key, system__in=systems.systems(by=by))
    seen = tuple(systems.systems(by=by).filter(registered_models__in=links).distinct())
    if not seen:
        raise no_such("tracking server")
    row = tracking_server(key=key)
    names = list(links.values_list("name", flat=True))
    last = row.last_synchronised_at
    (fares,) = health.health(keys=[key], at=at)
    return ServerState(
        key=key,
        url=without_password(row.url),
        health=fares,
        lag_seconds=int((at - last).total_seconds()) if last else None,
        systems=seen,
        reports=tuple(health.reports(key=key, most=SHOWN, upto=upto)),
        hidden=tuple(uri for name in names for uri in hidden(server_key=key, model=name)),
        unreadable=tuple(health.unreadable(key=key, models=names)),
        hook=Hook.objects.filter(server=row).first(),
        hint=row.hints.order_by("pk").last(),
    )
