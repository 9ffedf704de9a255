"""Setting up what a file describes: keys, administrator, people, systems and servers. Safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from config import installation
from config.installation import Installation, Person
from governance.accounts import services as accounts
from governance.accounts.models import User
from governance.accounts.secrets import new_password
from governance.accounts.selectors import machine
from governance.approvals import issuing, keys
from governance.audit import keys as log_keys
from governance.errors import Conflict, NotFound
from governance.monitoring import services as monitoring
from governance.systems import services as systems
from governance.systems.models import AISystem, RegisteredModelLink
from lineage.models import TrackingServer

Say = Callable[[str], None]


def apply(path: Path, *, password: str = "", own_passwords: bool = False, say: Say = print) -> None:
    """Set up what the file at `path` describes and what is not there yet.

    `password` is the first password of every person added; without it each gets a random one, which is said once.
    Either has to be changed at the first sign-in unless it is the people's own, as in a demonstration. Raises the
    domain's errors; what was set up before one stays.
    """
    described = installation.read(path)
    at = timezone.now()
    for create in (log_keys.create_log_key, keys.create_attestation_key):
        _once(create)
    setup = _Setup(described, password=password, own_passwords=own_passwords, say=say, at=at)
    setup.people()
    _once(lambda: issuing.introduce_key(by=machine(), at=at))
    setup.servers()
    for system in described.systems:
        setup.system(system)


class _Setup:
    def __init__(self, described: Installation, *, password: str, own_passwords: bool, say: Say, at: datetime) -> None:
        self.described = described
        self.password = password
        self.own_passwords = own_passwords
        self.say = say
        self.at = at

    @property
    def administrator(self) -> User:
        email = self.described.administrator.email
        found = User.objects.filter(email__iexact=email, is_administrator=True).first()
        if found is None:
            raise Conflict(f"This installation has another administrator than {email}. Name that one in the file.")
        # Whoever runs this has the machine; it acts as by a token, since nobody has signed in with a password.
        found.scopes = frozenset({"administer"})
        return found

    def people(self) -> None:
        """Add the administrator first, then everybody who is not there yet."""
        first = self.described.administrator
        if not User.objects.filter(is_administrator=True).exists():
            accounts.bootstrap_administrator(
                email=first.email,
                name=first.name,
                password=self._password(first),
                own_password=self.own_passwords,
                at=self.at,
            )
        by = self.administrator
        for person in self.described.people:
            if not User.objects.filter(email__iexact=person.email).exists():
                password = self._password(person)
                accounts.add_user(
                    email=person.email,
                    name=person.name,
                    password=password,
                    own_password=self.own_passwords,
                    by=by,
                    at=self.at,
                )
        for account in self.described.service_accounts:
            if not User.objects.filter(kind="service", name=account.name).exists():
                accounts.add_user(
                    email=None,
                    name=account.name,
                    password=None,
                    kind="service",
                    by=by,
                    at=self.at,
                )

    def servers(self) -> None:
        """Connect the tracking servers whose address is new."""
        for server in self.described.tracking_servers:
            if not TrackingServer.objects.filter(key=server.key, url=server.url.rstrip("/")).exists():
                monitoring.connect_server(key=server.key, url=server.url, by=self.administrator, at=self.at)

    def system(self, wanted: installation.System) -> None:
        """Create a system, then what is missing of its models, contexts, groups and roles."""
        by, at, key = self.administrator, self.at, wanted.key
        if not AISystem.objects.filter(key=key).exists():
            systems.create_system(
                key=key, name=wanted.name, purpose=wanted.purpose, owner=self._who(wanted.owner), by=by, at=at
            )
            self.say(f"System {key}: {wanted.name}")
        system = AISystem.objects.get(key=key)
        for model in wanted.models:
            if not RegisteredModelLink.objects.filter(server_key=model.server, name=model.name).exists():
                systems.connect_model(system_key=key, server_key=model.server, name=model.name, by=by, at=at)
        for context in wanted.contexts:
            if not system.contexts.filter(key=context.key).exists():
                systems.add_context(system_key=key, **context.model_dump(), by=by, at=at)
        for group in wanted.groups:
            if not system.groups.filter(key=group.key).exists():
                systems.declare_group(system_key=key, **group.model_dump(), by=by, at=at)
        for role in wanted.roles:
            self._grant(system, role)

    def _grant(self, system: AISystem, role: installation.Role) -> None:
        user = self._who(role.who)
        if not system.grants.filter(user=user, role=role.role, group_key=role.group).exists():
            systems.grant_role(
                system_key=system.key,
                user=user,
                role=role.role,
                group_key=role.group,
                starts_at=self.at,
                ends_at=self.at + timedelta(days=role.days),
                by=self.administrator,
                at=self.at,
            )

    def _who(self, name: str) -> User:
        rows = User.objects.filter(email__iexact=name) | User.objects.filter(kind="service", name=name)
        found = rows.first()
        if found is None:
            raise NotFound(f"“{name}” is neither a person nor a service account of this installation.")
        return found

    def _password(self, person: Person) -> str:
        if self.password:
            return self.password
        made = new_password()
        self.say(f"{person.name} signs in as {person.email} with the password {made} (shown this once; to be changed)")
        return made


def _once(create: Callable[[], object]) -> None:
    try:
        create()
    except Conflict:
        return
