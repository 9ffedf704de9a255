"""The routes of a candidate's gate report: what each asks for, where that happens, and the form that closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from frontend.forms.candidates import CloseRouteForm
from frontend.forms.service import ServiceForm
from governance.accounts.models import User
from governance.approvals.models import CandidateRevision
from governance.deliberation import selectors as deliberations
from governance.deliberation.models import Deliberation
from governance.gates import policies
from governance.gates import selectors as gates
from governance.gates.models import GateReport, Route
from governance.systems.policies import can


@dataclass(frozen=True, slots=True)
class RouteShown:
    """A route, the key of its form on the page, and the deliberations about its report. The reader `leads` when they
    may close it once it has its answer; `answers` are the deliberations that are one."""

    route: Route
    key: str
    deliberations: tuple[Deliberation, ...]
    answers: tuple[Deliberation, ...]
    leads: bool

    @property
    def deliberates(self) -> bool:
        """Whether only a deliberation closes it."""
        return self.route.process == policies.DELIBERATION

    @property
    def may_close(self) -> bool:
        """Whether the reader may close it now."""
        return self.leads and bool(self.answers or not self.deliberates)


def key(route_id: int) -> str:
    """Return under which key the page keeps the form of a route."""
    return f"route-{route_id}"


def shown(report: GateReport, *, by: User, at: datetime) -> list[RouteShown]:
    """Return the routes of a report with the deliberations about exactly it."""
    found = list(gates.routes(report))
    if not found:
        return []
    rows = deliberations.deliberations(by=by, system=report.system)
    about = tuple(rows.filter(subject_digest=report.digest))
    return [_shown(route, about, by=by, at=at) for route in found]


def forms(revision: CandidateRevision) -> dict[str, ServiceForm]:
    """Return one form for each route, unsent."""
    return {key(route.pk): CloseRouteForm(of=route.pk) for route in gates.routes(revision.report)}


def offer(given: Mapping[str, ServiceForm], rows: list[RouteShown]) -> None:
    """Let the forms offer the deliberations by which their routes can be closed."""
    for row in rows:
        form = given.get(row.key)
        if isinstance(form, CloseRouteForm):
            form.offer([(about.pk, f"{about}: {about.question}") for about in row.answers])


def _shown(route: Route, about: tuple[Deliberation, ...], *, by: User, at: datetime) -> RouteShown:
    answers = tuple(row for row in about if can(policies.check_deliberated, route=route, deliberation=row))
    asks = route.process == policies.DELIBERATION
    leads = can(policies.check_can_close, by=by, route=route, at=at)
    return RouteShown(route, key(route.pk), about if asks else (), answers if asks else (), leads)
