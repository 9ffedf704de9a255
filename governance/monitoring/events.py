"""What monitoring finds."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event


@dataclass(frozen=True, kw_only=True)
class SynchronisationJudged(Event):
    """A report of the mirror was judged."""

    type = "monitoring.synchronisation.judged"
    server: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class DeploymentSeen(Event):
    """Another version than before was seen live in a context."""

    type = "monitoring.deployment.seen"
    context: str
    alias: str
    model: str
    before: str


@dataclass(frozen=True, kw_only=True)
class PromotionFound(Event):
    """A live alias was found on a version that no approval covers in that context."""

    type = "monitoring.promotion.found"
    context: str
    alias: str
    model: str
    artifact: str
    before: str


@dataclass(frozen=True, kw_only=True)
class PromotionResolved(Event):
    """An out-of-band promotion no longer stands."""

    type = "monitoring.promotion.resolved"
    context: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ServerConnected(Event):
    """A tracking server was connected, or its address changed."""

    type = "monitoring.server.connected"
    key: str
    url: str
