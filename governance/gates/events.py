"""What happens at the gate."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class VersionJudged(Event):
    """The gate said what the evidence supports."""

    type = "gates.report.made"
    model: str
    artifact: str
    context: str
    specification: str
    verdict: str
    digest: str
    routes: int


@dataclass(frozen=True, kw_only=True)
class RouteClosed(Event):
    """Somebody closed a route, and said what closed it."""

    type = "gates.route.closed"
    signal: str
    dimension: str
    deliberation: str
    because: str = sealed()
