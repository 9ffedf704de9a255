"""The only writers of accounts and tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from governance import actions
from governance.accounts import events, policies, secrets
from governance.accounts.models import Token, User, UserKind
from governance.accounts.selectors import MACHINE_ID
from governance.audit import services as audit
from governance.audit.selectors import sealed_of
from governance.errors import Conflict, Invalid, Problem, no_such

LONGEST_TOKEN = timedelta(days=366)


@actions.action(verb="accounts.administrator.bootstrap", permission=actions.MACHINE)
def bootstrap_administrator(
    *, email: str, name: str, password: str, own_password: bool = False, by: User | None = None, at: datetime
) -> User:
    """Make Edgewise's own account and the first administrator; only an empty installation allows it.

    Unless the password is the administrator's `own_password`, they have to choose another at their first sign-in.
    Raises Conflict when an administrator exists, Invalid for an address or password that will not do.
    """
    if User.objects.filter(is_administrator=True).exists():
        raise Conflict("This installation has an administrator already.")
    machine, _ = User.objects.get_or_create(
        pk=MACHINE_ID, defaults={"name": "Edgewise", "kind": UserKind.MACHINE, "joined_at": at}
    )
    user = User(email=email, name=name, kind=UserKind.PERSON, is_administrator=True, joined_at=at)
    return _add(user, password=password, own_password=own_password, by=by or machine, at=at)


@actions.action(verb="accounts.user.add", permission=actions.ADMINISTRATOR)
def add_user(
    *,
    email: str | None,
    name: str,
    password: str | None,
    own_password: bool = False,
    kind: str = "person",
    by: User,
    at: datetime,
) -> User:
    """Add a person (with address and password) or a service account (with neither); return it.

    Unless the password is the person's `own_password`, they have to choose another at their first sign-in. Raises
    NotPermitted, Invalid, or Conflict when the address is taken.
    """
    policies.check_can_add(by=by, kind=kind, email=email, password=password)
    user = User(email=email, name=name, kind=UserKind(kind), joined_at=at)
    return _add(user, password=password, own_password=own_password, by=by, at=at)


@actions.action(verb="accounts.password.change", permission=actions.ONESELF)
def change_password(*, current: str, new: str, by: User, at: datetime) -> User:
    """Change one's own password, knowing the `current` one; every other session ends.

    Raises NotPermitted (a token, no person), or Invalid naming the field that will not do.
    """
    user = _locked(by.pk)
    policies.check_can_change_password(by=by)
    if not user.check_password(current):
        raise _invalid(Problem("current", "is not your password.", "Ask an administrator if you forgot it."))
    if new == current:
        raise _invalid(Problem("new", "is the present one.", "Choose another."))
    if problems := _refusals("new", lambda: validate_password(new, user=user)):
        raise _invalid(*problems)
    _set_password(user, new, must_change=False)
    audit.record(event=events.PasswordChanged(subject=user.actor), actor=by.actor, at=at)
    return user


@actions.action(verb="accounts.password.reset", permission=actions.ADMINISTRATOR)
def reset_password(*, user_id: UUID, by: User, at: datetime) -> tuple[User, str]:
    """Give another person a random password, returned this once, with which they can only choose their own.

    Their sessions end; their tokens stay. Raises NotPermitted, NotFound, or NotAllowedNow.
    """
    policies.check_administrator(by=by)
    user = _locked(user_id)
    policies.check_can_reset_password(by=by, user=user)
    password = secrets.new_password()
    _set_password(user, password, must_change=True)
    audit.record(event=events.PasswordReset(subject=user.actor), actor=by.actor, at=at)
    return user, password


@actions.action(verb="accounts.token.issue", permission=actions.ONESELF, also=(actions.ADMINISTRATOR,))
def issue_token(
    *, user: User, label: str, scopes: list[str], expires_at: datetime, by: User, at: datetime
) -> tuple[Token, str]:
    """Issue a token for `user`; return it with its secret, which is shown this once only.

    Raises NotPermitted, or Invalid when it would outlive a year or names no scope.
    """
    user = _locked(user.pk)
    policies.check_can_issue_token(by=by, user=user)
    if not scopes:
        raise Invalid("Name at least one scope.", problems=(Problem("scopes", "is empty.", "Name what it may do."),))
    if not at < expires_at <= at + LONGEST_TOKEN:
        problem = Problem("expires_at", "lies outside the next 366 days.", "Choose a nearer date.")
        raise Invalid(str(problem), problems=(problem,))
    secret = secrets.new_secret()
    token = Token.objects.create(
        user=user,
        label=label,
        digest=secrets.digest_of(secret),
        scopes=sorted(set(scopes)),
        issued_at=at,
        issued_by=by,
        expires_at=expires_at,
    )
    event = events.TokenIssued(
        subject=f"token:{token.pk}", user=user.actor, scopes=token.scopes, expires_at=expires_at.isoformat()
    )
    audit.record(event=event, actor=by.actor, at=at)
    return token, secret


@actions.action(verb="accounts.token.revoke", permission=actions.ONESELF, also=(actions.ADMINISTRATOR,))
def revoke_token(*, token_id: int, by: User, at: datetime) -> Token:
    """Revoke a token; raises NotFound, NotPermitted, or NotAllowedNow when it is revoked already."""
    token = Token.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise no_such("token")
    policies.check_can_revoke_token(by=by, token=token)
    token.revoked_at, token.revoked_by = at, by
    token.save(update_fields=["revoked_at", "revoked_by"])
    event = events.TokenRevoked(subject=f"token:{token.pk}", user=str(token.user_id))
    audit.record(event=event, actor=by.actor, at=at)
    return token


@actions.action(verb="accounts.user.erase", permission=actions.ADMINISTRATOR)
def erase_person(*, user_id: UUID, by: User, at: datetime) -> User:
    """Erase a person's name and address, beside the log too, and end their sign-in; every vote and signature stays
    under the opaque id. Raises NotPermitted, NotFound, or NotAllowedNow (erased already, the last administrator)."""
    policies.check_administrator(by=by)
    user = _locked(user_id)
    policies.check_can_erase(user=user)
    user.name, user.email, user.is_active, user.is_administrator, user.erased_at = "", None, False, False, at
    user.set_unusable_password()
    user.save()
    for leaf_id, name in sealed_of(subject=user.actor, type=events.UserAdded.type):
        audit.erase_sealed(leaf_id=leaf_id, name=name, ground="The person was erased.", by=by, at=at)
    audit.record(event=events.PersonErased(subject=user.actor), actor=by.actor, at=at)
    return user


def _add(user: User, *, password: str | None, own_password: bool, by: User, at: datetime) -> User:
    user.email, user.name = user.email and user.email.lower(), user.name.strip()
    _check_account(user=user, password=password)
    user.set_password(password)
    user.must_change_password = user.kind == UserKind.PERSON and not own_password
    user.save(force_insert=True)
    event = events.UserAdded(
        subject=user.actor,
        kind=user.kind,
        is_administrator=user.is_administrator,
        name=user.name,
        email=user.email,
    )
    audit.record(event=event, actor=by.actor, at=at)
    return user


def _set_password(user: User, password: str, *, must_change: bool) -> None:
    user.set_password(password)
    user.must_change_password = must_change
    user.save(update_fields=["password", "must_change_password"])


def _check_account(*, user: User, password: str | None) -> None:
    problems = []
    if not user.name:
        problems.append(Problem("name", "is empty.", "Say who this is."))
    if user.kind == UserKind.PERSON:
        problems += _refusals("email", lambda: validate_email(user.email or ""))
        problems += _refusals("password", lambda: validate_password(password or "", user=user))
    if problems:
        raise Invalid("This account cannot be made: " + "; ".join(map(str, problems)), problems=tuple(problems))
    if user.email and User.objects.filter(email__iexact=user.email).exists():
        raise Conflict(f"Somebody signs in as {user.email} already.")


def _refusals(where: str, check: Callable[[], None]) -> list[Problem]:
    try:
        check()
    except ValidationError as error:
        return [Problem(where, " ".join(error.messages))]
    return []


def _invalid(*problems: Problem) -> Invalid:
    return Invalid("; ".join(map(str, problems)), problems=problems)


def _locked(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise no_such("account")
    return user
