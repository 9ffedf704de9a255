"""What happens to accounts. Names and addresses are sealed: the log knows people by opaque ids."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class UserAdded(Event):
    """An account was made."""

    type = "accounts.user.added"
    kind: str
    is_administrator: bool
    name: str = sealed()
    email: str | None = sealed()


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A person chose another password; every session but theirs ended."""

    type = "accounts.password.changed"


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Event):
    """An administrator gave a person a password that opens nothing but the choice of another."""

    type = "accounts.password.reset"


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Event):
    """A token was issued; the secret itself is known to its holder only."""

    type = "accounts.token.issued"
    user: str
    scopes: list[str]
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event):
    """A token was revoked before its time."""

    type = "accounts.token.revoked"
    user: str


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    """A person's name and address were erased; what they did stays attributable to the opaque id."""

    type = "accounts.user.erased"
