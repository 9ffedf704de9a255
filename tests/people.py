"""The people of the tests, by what they do. Each holds exactly one role on the system `outreach`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.accounts import services as accounts
from governance.accounts.models import User
from governance.accounts.selectors import MACHINE_ID
from governance.systems import services as systems

PASSWORD = "correct horse battery staple"
GROUPS = ("excellent-health", "good-health", "fair-health", "poor-health", "limited")

ROLES: dict[str, tuple[str, str]] = {
    "engineer": ("engineer", ""),
    "steward": ("steward", ""),
    "facilitator": ("facilitator", ""),
    "board": ("board_member", ""),
    "second_board": ("board_member", ""),
    "auditor": ("auditor", ""),
    "participant_good": ("participant", "good-health"),
    "participant_limited": ("participant", "limited"),
    "representative": ("representative", "poor-health"),
}
"""Name of each person → the role they hold and the group they hold it for."""


@dataclass(frozen=True)
class People:
    """Everybody by name: `by_name["board"]`; `outsider` holds no role anywhere, `pipeline` is a service account."""

    by_name: dict[str, User]

    def __getattr__(self, name: str) -> User:
        return self.by_name[name]


def add_administrator(*, at: datetime) -> User:
    """Return the first administrator of an empty installation."""
    return accounts.bootstrap_administrator(
        email="administrator@example.org", name="Administrator", password=PASSWORD, own_password=True, at=at
    )


def add_people(*, administrator: User, at: datetime) -> People:
    """Add everybody, with no role yet."""
    names = [*ROLES, "outsider"]
    found = {name: add_person(name, by=administrator, at=at) for name in names}
    found["pipeline"] = accounts.add_user(
        email=None, name="Pipeline", password=None, kind="service", by=administrator, at=at
    )
    found["administrator"] = administrator
    found["machine"] = User.objects.get(pk=MACHINE_ID)
    return People(found)


def add_person(name: str, *, by: User, at: datetime) -> User:
    """Add one person who signs in as `name@example.org` (hyphens for underscores) with PASSWORD."""
    return accounts.add_user(
        email=f"{name.replace('_', '-')}@example.org",
        name=name.replace("_", " ").title(),
        password=PASSWORD,
        own_password=True,
        by=by,
        at=at,
    )


def grant_roles(people: People, *, at: datetime) -> None:
    """Grant everybody their role on `outreach`, and the pipeline that of a service account."""
    wanted = {**ROLES, "pipeline": ("service_account", "")}
    for name, (role, group) in wanted.items():
        systems.grant_role(
            system_key="outreach",
            user=people.by_name[name],
            role=role,
            group_key=group,
            starts_at=at,
            ends_at=at + timedelta(days=365),
            by=people.administrator,
            at=at,
        )
