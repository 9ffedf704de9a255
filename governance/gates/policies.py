"""Who asks the gate, and who closes a route."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.deliberation.models import Deliberation
from governance.deliberation.states import DeliberationState
from governance.errors import Conflict, NotAllowedNow, NotPermitted
from governance.evidence import selectors as evidence
from governance.evidence.policies import check_serves
from governance.gates.models import Route
from governance.gates.states import RouteState
from governance.systems.models import AISystem
from governance.systems.policies import check_permission
from lineage.models import ModelVersion

DELIBERATION = "deliberation"
"""The process of a route that people have to vote on."""


def check_can_judge(*, by: User, system: AISystem, version: ModelVersion, at: datetime) -> None:
    """Engineers ask the gate about the versions that serve the system; it answers by rule."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
    check_serves(version=version, system=system)


def check_can_close(*, by: User, route: Route, at: datetime) -> None:
    """Facilitators close a route once what it asked for has happened."""
    check_permission(by=by, permission="deliberation.run", system=route.report.system, at=at, what="route")
    if because := evidence.makers(route.report.model_version).get(by.actor):
        raise NotPermitted(f"{because} Another facilitator closes its routes.", code="separation-of-duties")
    if route.state != RouteState.OPEN:
        raise NotAllowedNow("This route is closed already.")


def check_deliberated(*, route: Route, deliberation: Deliberation | None) -> None:
    """A route that asks for a deliberation closes by the outcome of one about exactly its gate report."""
    if route.process != DELIBERATION:
        return
    if deliberation is None or deliberation.system_id != route.report.system_id:
        raise Conflict(
            "This route asks for a deliberation. Prepare one about its gate report "
            f"(subject_digest {route.report.digest}), and name it once it is decided.",
            code="undeliberated",
        )
    if deliberation.subject_digest != route.report.digest:
        raise Conflict(f"{deliberation} is about something else than this gate report.", code="undeliberated")
    if deliberation.state not in (DeliberationState.DECIDED, DeliberationState.CLOSED):
        raise NotAllowedNow(f"{deliberation} is not decided yet: it is {deliberation.state}.")
    if not deliberation.outcome.document["quorate"]:
        raise NotAllowedNow(f"{deliberation} was decided without its quorum, so it answers nothing.")
