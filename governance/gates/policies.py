"""Who asks the gate, and who closes a route."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.errors import NotAllowedNow
from governance.gates.models import Route
from governance.gates.states import RouteState
from governance.systems.models import AISystem
from governance.systems.policies import check_permission


def check_can_judge(*, by: User, system: AISystem, at: datetime) -> None:
    """Engineers ask the gate; it answers by rule."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)


def check_can_close(*, by: User, route: Route, at: datetime) -> None:
    """Facilitators close a route once what it asked for has happened."""
    check_permission(by=by, permission="deliberation.run", system=route.report.system, at=at)
    if route.state != RouteState.OPEN:
        raise NotAllowedNow("This route is closed already.")
