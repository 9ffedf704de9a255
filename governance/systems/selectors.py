"""Reading systems, contexts, groups and grants, as far as the reader may see them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from governance import choices
from governance.accounts.models import User
from governance.errors import Invalid, NotFound, Problem, no_such
from governance.systems.models import AISystem, DeploymentContext, RegisteredModelLink, RoleGrant, StakeholderGroup
from governance.systems.policies import can, check_can_administer, held_roles
from governance.systems.roles import ROLES

UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def systems(*, by: User) -> QuerySet[AISystem]:
    """Return the systems that `by` may see, by key."""
    return AISystem.objects.all().visible_to(by).order_by("key")


def system(*, key: str, by: User) -> AISystem:
    """Return one system; raise NotFound when it is missing or `by` may not see it."""
    found = systems(by=by).filter(key=key).first()
    if found is None:
        raise no_such("system")
    return found


def context(*, system: AISystem, key: str) -> DeploymentContext:
    """Return the system's context with exactly this key; raise NotFound with the keys there are."""
    found = system.contexts.filter(key=key).first() if key.isprintable() else None
    if found is None:
        known = choices.remedy(key, system.contexts.values_list("key", flat=True), lead="It has")
        raise NotFound(f"{system.name} has no context “{key[:120]}”. {known}", code="context-unknown")
    return found


def current_groups(*, system: AISystem, at: datetime | None = None) -> list[StakeholderGroup]:
    """Return the newest version of each of the system's groups (as known at `at`), by key."""
    known = system.groups.filter(declared_at__lte=at) if at else system.groups.all()
    return list(known.order_by("key", "-version").distinct("key"))


def populations(*, system: AISystem, keys: set[str]) -> dict[str, dict[str, Any]]:
    """Return, for each group of `keys`, {"version", "selector"}: which evidence rows are theirs today."""
    named = [group for group in current_groups(system=system) if group.key in keys]
    return {group.key: {"version": group.version, "selector": group.selector} for group in named}


def system_of_model(*, server_key: str, name: str) -> AISystem:
    """Return the system that a registered model serves; raise NotFound when it serves none."""
    link = RegisteredModelLink.objects.select_related("system").filter(server_key=server_key, name=name).first()
    if link is None:
        raise NotFound(f"The registered model “{name}” on “{server_key}” serves no system here.")
    return link.system


def grants(*, system: AISystem, at: datetime) -> QuerySet[RoleGrant]:
    """Return the grants that run at `at`, with their holders."""
    return RoleGrant.objects.running(at=at).filter(system=system).select_related("user").order_by("role", "pk")


def holders(*, system: AISystem, role: str, at: datetime) -> list[User]:
    """Return who holds `role` on the system at `at`."""
    return [grant.user for grant in grants(system=system, at=at).filter(role=role)]


def roles_of(*, by: User, system: AISystem, at: datetime) -> list[str]:
    """Return the roles of `by` on the system at `at`, sorted."""
    return sorted(held_roles(by=by, system=system, at=at))


def permissions_of(*, by: User, at: datetime) -> dict[int, frozenset[str]]:
    """Return what the roles of `by` permit at `at`, by the id of the system on which they are held."""
    found: dict[int, frozenset[str]] = {}
    for system, role in RoleGrant.objects.running(at=at).filter(user=by).values_list("system_id", "role"):
        found[system] = found.get(system, frozenset()) | set(ROLES[role])
    return found


def person(*, reference: str, by: User) -> User:
    """Return the active account with this id or address, as far as `by` may know of it: oneself, everybody to an
    administrator, otherwise whoever holds a role on a system that `by` may see. Raises NotFound."""
    named = Q(pk=reference) if UUID_FORM.fullmatch(reference) else Q(email__iexact=reference)
    known = User.objects.filter(named, is_active=True)
    if not can(check_can_administer, by=by):
        known = known.filter(Q(pk=by.pk) | Q(grants__system__in=systems(by=by))).distinct()
    found = known.first()
    if found is None:
        raise NotFound(f"Nobody here has the id or address “{reference}”.", code="person-unknown")
    return found


def context_by_alias(*, system: AISystem, alias: str) -> DeploymentContext | None:
    """Return the context that `alias` makes live, if any."""
    return system.contexts.filter(live_alias=alias).first()


def groups_exist(*, system: AISystem, keys: set[str]) -> None:
    """Raise Invalid, naming them and the groups there are, when some of `keys` are not groups of the system."""
    known = set(system.groups.values_list("key", flat=True)) | {"all"}
    problems = tuple(
        Problem("groups", f"{system.name} has no stakeholder group {key[:64]}.", choices.remedy(key, known))
        for key in sorted(keys - known)
    )
    if problems:
        said = " ".join(f"{problem.what} {problem.remedy}" for problem in problems)
        raise Invalid(said, code="group-unknown", problems=problems)
