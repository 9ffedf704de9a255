"""Whether somebody may still do what they did: a remembered answer is for those who would get it today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from governance import actions
from governance.accounts import selectors as accounts
from governance.accounts.models import User
from governance.accounts.policies import administers
from governance.approvals.models import Approval, ReleaseCandidate
from governance.deliberation.models import Deliberation
from governance.gates.models import Route
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from governance.systems.policies import can, check_permission

ROOTS: Mapping[str, tuple[type[Model], str]] = {
    "deliberation": (Deliberation, "system"),
    "candidate": (ReleaseCandidate, "system"),
    "approval": (Approval, "system"),
    "route": (Route, "report__system"),
}
"""What an address names → its model, and the way from it to its system."""


def still_permitted(*, verb: str, path: Mapping[str, Any], by: User, at: datetime) -> bool:
    """Say whether `by` holds a permission of the registered action `verb` on what `path` names; without a verb,
    whether they see the system that it names, if any."""
    if not verb:
        return "system" not in path or systems.systems(by=by).filter(key=path["system"]).exists()
    action = actions.register()[verb]
    return any(_holds(held, path=path, by=by, at=at) for held in (action.permission, *action.also))


def _holds(permission: str, *, path: Mapping[str, Any], by: User, at: datetime) -> bool:
    if permission == actions.ADMINISTRATOR:
        return administers(by=by)
    if permission == actions.ONESELF:
        return accounts.tokens_of(by=by).filter(pk=path["token"]).exists()
    system = _system(path)
    return system is not None and can(check_permission, by=by, permission=permission, system=system, at=at)


def _system(path: Mapping[str, Any]) -> AISystem | None:
    if "system" in path:
        return AISystem.objects.filter(key=path["system"]).first()
    name = next(name for name in ROOTS if name in path)
    model, way = ROOTS[name]
    return AISystem.objects.filter(pk__in=model._default_manager.filter(pk=path[name]).values(way)).first()
