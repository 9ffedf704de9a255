"""Who asks the gate, and who closes a route."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.errors import NotAllowedNow, NotPermitted
from governance.evidence import selectors as evidence
from governance.evidence.policies import check_serves
from governance.gates.models import Route
from governance.gates.states import RouteState
from governance.systems.models import AISystem
from governance.systems.policies import check_permission
from lineage.models import ModelVersion


def check_can_judge(*, by: User, system: AISystem, version: ModelVersion, at: datetime) -> None:
    """Engineers ask the gate about the versions that serve the system; it answers by rule."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
    check_serves(version=version, system=system)


def check_can_close(*, by: User, route: Route, at: datetime) -> None:
    """Facilitators close a route once what it asked for has happened."""
    check_permission(by=by, permission="deliberation.run", system=route.report.system, at=at)
    version = route.report.model_version
    checkpoint = evidence.checkpoint_of(version)
    involved = {row.read_by_id for row in evidence.evaluations(version)} | {checkpoint and checkpoint.registered_by_id}
    if by.pk in involved:
        raise NotPermitted(
            "You registered this version or brought in its evidence; another facilitator closes its routes.",
            code="separation-of-duties",
        )
    if route.state != RouteState.OPEN:
        raise NotAllowedNow("This route is closed already.")
