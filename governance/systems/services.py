"""The only writers of systems, contexts, groups and grants."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from governance import actions, canonical
from governance.accounts.models import User
from governance.audit import services as audit
from governance.errors import Conflict, Invalid, Problem, no_such
from governance.systems import events, policies
from governance.systems.models import (
    CONTEXT_PATTERN,
    KEY_PATTERN,
    AISystem,
    DeploymentContext,
    RegisteredModelLink,
    RoleGrant,
    StakeholderGroup,
)

CLOCKS_APART = timedelta(minutes=5)
"""How far the clock of whoever grants may be behind."""
SELECTOR_FORMS = '{}, {"column": …, "equals": …} or {"column": …, "in": […]}'


@actions.action(verb="systems.system.create", permission=actions.ADMINISTRATOR)
def create_system(*, key: str, name: str, purpose: str, owner: User, by: User, at: datetime) -> AISystem:
    """Bring an AI system under governance; raises NotPermitted, Invalid, or Conflict when the key is taken."""
    policies.check_can_administer(by=by)
    _check_key(key, pattern=KEY_PATTERN, example="benefits-helpdesk")
    if AISystem.objects.filter(key=key).exists():
        raise Conflict(f"There is a system “{key}” already.")
    system = AISystem.objects.create(key=key, name=name, purpose=purpose, owner=owner, created_at=at)
    _record(events.SystemCreated(subject=f"system:{key}", key=key, name=name), system=system, by=by, at=at)
    return system


@actions.action(verb="systems.context.add", permission="system.describe", also=(actions.ADMINISTRATOR,))
def add_context(
    *, system_key: str, key: str, name: str, stakes: str, live_alias: str, by: User, at: datetime
) -> DeploymentContext:
    """Add a deployment context with the MLflow alias that makes a version live there."""
    system = locked_system(system_key)
    policies.check_can_describe(by=by, system=system, at=at)
    _check_key(key, pattern=CONTEXT_PATTERN, example="eu/helpdesk/public")
    if system.contexts.filter(key=key).exists() or system.contexts.filter(live_alias=live_alias).exists():
        raise Conflict(f"{system.name} has a context “{key}”, or one with the live alias “{live_alias}”, already.")
    context = DeploymentContext.objects.create(
        system=system, key=key, name=name, stakes=stakes, live_alias=live_alias, added_at=at
    )
    event = events.ContextAdded(subject=f"context:{system.key}:{key}", key=key, live_alias=live_alias)
    _record(event, system=system, by=by, at=at)
    return context


@actions.action(verb="systems.model.connect", permission=actions.ADMINISTRATOR)
def connect_model(*, system_key: str, server_key: str, name: str, by: User, at: datetime) -> RegisteredModelLink:
    """Name a registered model of a tracking server as one that serves the system."""
    system = locked_system(system_key)
    policies.check_can_connect(by=by, system=system, at=at)
    if RegisteredModelLink.objects.filter(server_key=server_key, name=name).exists():
        raise Conflict(f"The registered model “{name}” on “{server_key}” serves a system already.")
    link = RegisteredModelLink.objects.create(system=system, server_key=server_key, name=name, connected_at=at)
    event = events.ModelConnected(subject=f"model:{server_key}:{name}", server_key=server_key, name=name)
    _record(event, system=system, by=by, at=at)
    return link


@actions.action(verb="systems.group.declare", permission="system.describe", also=(actions.ADMINISTRATOR,))
def declare_group(
    *,
    system_key: str,
    key: str,
    name: str,
    mandate: str,
    affected_because: str,
    floor: str,
    selector: dict[str, Any],
    by: User,
    at: datetime,
) -> StakeholderGroup:
    """Declare a stakeholder group, or its next version when the key exists."""
    system = locked_system(system_key)
    policies.check_can_describe(by=by, system=system, at=at)
    _check_key(key, pattern=KEY_PATTERN, example="older-people")
    _check_selector(selector)
    fields = {"name": name, "mandate": mandate, "affected_because": affected_because, "floor": floor}
    group = StakeholderGroup.objects.create(
        system=system,
        key=key,
        version=system.groups.filter(key=key).count() + 1,
        selector=selector,
        declared_at=at,
        declared_by=by,
        **fields,
    )
    event = events.GroupDeclared(
        subject=f"group:{system.key}:{key}",
        key=key,
        version=group.version,
        digest=canonical.digest({**fields, "selector": selector}),
    )
    _record(event, system=system, by=by, at=at)
    return group


@actions.action(verb="systems.role.grant", permission=actions.ADMINISTRATOR)
def grant_role(
    *,
    system_key: str,
    user: User,
    role: str,
    group_key: str = "",
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
) -> RoleGrant:
    """Grant `role` on a system from `starts_at` to `ends_at`; participants and representatives for one group."""
    system = locked_system(system_key)
    policies.check_can_grant(by=by, user=user, role=role, group_key=group_key, system=system, at=at)
    _check_times(starts_at, ends_at, at=at)
    grant = RoleGrant.objects.create(
        system=system,
        user=user,
        role=role,
        group_key=group_key,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by=by,
    )
    event = events.RoleGranted(
        subject=f"grant:{grant.pk}",
        user=user.actor,
        role=role,
        group=group_key,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    _record(event, system=system, by=by, at=at)
    return grant


@actions.action(verb="systems.role.end", permission=actions.ADMINISTRATOR)
def end_grant(*, grant_id: int, by: User, at: datetime) -> RoleGrant:
    """End a grant before its time; what was done under it stays."""
    grant = RoleGrant.objects.select_for_update(of=("self",)).select_related("system").filter(pk=grant_id).first()
    if grant is None:
        raise no_such("grant")
    policies.check_can_end_grant(by=by, grant=grant, at=at)
    grant.ended_at, grant.ended_by = at, by
    grant.save(update_fields=["ended_at", "ended_by"])
    event = events.RoleEnded(
        subject=f"grant:{grant.pk}", user=str(grant.user_id), role=grant.role, group=grant.group_key
    )
    _record(event, system=grant.system, by=by, at=at)
    return grant


def locked_system(key: str) -> AISystem:
    """Return the system with its row locked for this transaction; raise NotFound."""
    system = AISystem.objects.select_for_update().filter(key=key).first()
    if system is None:
        raise no_such("system")
    return system


def _record(event: Any, *, system: AISystem, by: User, at: datetime) -> None:
    audit.record(event=event, actor=by.actor, system=system.key, at=at)


def _check_times(starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    if starts_at < at - CLOCKS_APART:
        problem = Problem("starts_at", "lies in the past.", "A role is held from now on; leave it out.")
    elif ends_at <= starts_at:
        problem = Problem("ends_at", "is not after starts_at.", "Choose a later end.")
    else:
        return
    raise Invalid(str(problem), problems=(problem,))


def _check_key(key: str, *, pattern: str, example: str) -> None:
    if not re.fullmatch(pattern, key):
        problem = Problem("key", f"“{key}” is not a key.", f"Use lower-case words and hyphens, such as {example}.")
        raise Invalid(str(problem), problems=(problem,))


def _check_selector(selector: dict[str, Any]) -> None:
    column, one, several = selector.get("column"), selector.get("equals"), selector.get("in")
    known = set(selector) in (set(), {"column", "equals"}, {"column", "in"})
    typed = not selector or (
        isinstance(column, str)
        and (isinstance(one, str) or (isinstance(several, list) and all(isinstance(v, str) for v in several)))
    )
    if not (known and typed):
        problem = Problem("selector", "selects nothing that can be read.", f"Use {SELECTOR_FORMS}.")
        raise Invalid(str(problem), problems=(problem,))
