"""Who may do what on a system: the one place where roles become permissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.policies import check_administrator, check_password_is_own
from governance.errors import DomainError, Invalid, NotAllowedNow, NotFound, NotPermitted, Problem, no_such
from governance.systems.models import AISystem, RoleGrant
from governance.systems.roles import OF_A_GROUP, PERMISSIONS, ROLES


def check_permission(*, by: User, permission: str, system: AISystem, at: datetime, what: str = "system") -> None:
    """Raise NotPermitted unless a role that `by` holds on `system` at `at` includes `permission`, and the token that
    acts, if any, is scoped for it.

    Raises what a missing `what` (the thing that was asked for) raises where `by` may not know of the system.
    """
    held = held_roles(by=by, system=system, at=at)
    if not held:
        check_known(by=by, system=system, at=at, what=what)
    check_password_is_own(by=by)
    if not by.is_active:
        raise NotPermitted("This account is no longer active.")
    if not _roles_with(permission) & held:
        wanted = " or ".join(sorted(role.replace("_", " ") for role in _roles_with(permission)))
        raise NotPermitted(f"To {PERMISSIONS[permission]}, one must be {wanted} of {system.name}.")
    if by.scopes is not None and permission not in by.scopes:
        raise NotPermitted(f"This token lacks the scope “{permission}”.", code="scope-missing")


def check_known(*, by: User, system: AISystem, at: datetime, what: str = "system") -> None:
    """Raise what a missing `what` raises unless `by` may see the system or ask about it: else a refusal would say
    that it exists."""
    if not is_askable(by=by, system=system, at=at):
        raise no_such(what)


def is_askable(*, by: User, system: AISystem, at: datetime) -> bool:
    """Say whether `by` may see the system or, holding any role on it at `at`, ask about it."""
    held = held_roles(by=by, system=system, at=at)
    return bool(held) or AISystem.objects.filter(pk=system.pk).visible_to(by).exists()


def can(check: Callable[..., object], **arguments: Any) -> bool:
    """Say whether `check` lets it through; for pages that show only what may be done."""
    return not refusal_of(check, **arguments)


def refusal_of(check: Callable[..., object], **arguments: Any) -> str:
    """Return the sentence with which `check` refuses, or an empty string when it lets it through."""
    try:
        check(**arguments)
    except DomainError as refusal:
        return refusal.message or refusal.code
    return ""


def held_roles(*, by: User, system: AISystem, at: datetime) -> set[str]:
    """Return the roles that `by` holds on `system` at `at`."""
    return set(RoleGrant.objects.running(at=at).filter(user=by, system=system).values_list("role", flat=True))


def held_groups(*, by: User, system: AISystem, role: str, at: datetime) -> set[str]:
    """Return the keys of the groups for which `by` holds `role` on `system` at `at`."""
    grants = RoleGrant.objects.running(at=at).filter(user=by, system=system, role=role)
    return set(grants.values_list("group_key", flat=True))


def check_can_administer(*, by: User) -> None:
    """Administrators create systems."""
    check_administrator(by=by)


def check_can_connect(*, by: User, system: AISystem, at: datetime) -> None:
    """Administrators connect models to a system."""
    check_known(by=by, system=system, at=at)
    check_administrator(by=by)


def check_can_describe(*, by: User, system: AISystem, at: datetime) -> None:
    """Administrators set a system up; its steward maintains contexts and groups."""
    if by.is_administrator:
        check_known(by=by, system=system, at=at)
        check_administrator(by=by)
    else:
        check_permission(by=by, permission="system.describe", system=system, at=at)


def check_can_grant(*, by: User, user: User, role: str, group_key: str, system: AISystem, at: datetime) -> None:
    """An administrator grants roles to others who are still here, and never one to themselves."""
    check_known(by=by, system=system, at=at)
    check_administrator(by=by)
    if by.pk == user.pk:
        raise NotPermitted("Nobody grants a role to themselves; another administrator has to.")
    if user.kind == "machine" or not user.is_active:
        raise NotPermitted("Edgewise's own account and accounts that are no longer active hold no roles.")
    if role not in ROLES:
        raise Invalid(
            str(problem := Problem("role", f"“{role}” is unknown.", f"Use one of {', '.join(ROLES)}.")),
            problems=(problem,),
        )
    if (role in OF_A_GROUP) != bool(group_key):
        remedy = "Name the group." if role in OF_A_GROUP else "Leave the group out."
        problem = Problem("group", f"does not fit the role {role}.", remedy)
        raise Invalid(str(problem), problems=(problem,))
    if group_key and not system.groups.filter(key=group_key).exists():
        raise NotFound(f"{system.name} has no stakeholder group “{group_key}”.")
    if (user.kind == "service") != (role == "service_account"):
        raise NotPermitted("A service account holds the role service account, and people hold the others.")


def check_can_end_grant(*, by: User, grant: RoleGrant, at: datetime) -> None:
    """An administrator ends a grant that still runs."""
    check_known(by=by, system=grant.system, at=at, what="grant")
    check_administrator(by=by)
    if grant.ended_at is not None or grant.ends_at <= at:
        raise NotAllowedNow("This grant has ended already.")


def _roles_with(permission: str) -> set[str]:
    return {role for role, permissions in ROLES.items() if permission in permissions}
