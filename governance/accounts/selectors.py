"""Reading accounts and tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.models import Token, User, UserKind
from governance.accounts.policies import check_administrator
from governance.accounts.secrets import digest_of
from governance.errors import NotFound, NotPermitted

MACHINE_ID = UUID("00000000-0000-4000-8000-000000000001")


def user_of_token(*, secret: str, at: datetime) -> tuple[User, Token]:
    """Return user and token for a secret, the user restricted to the token's scopes.

    Raises NotPermitted, saying whether the token is unknown, revoked or expired, or its user no longer active.
    """
    token = Token.objects.select_related("user").filter(digest=digest_of(secret)).first()
    if token is None:
        raise NotPermitted("This token is unknown. Ask an administrator for one.", code="token-unknown")
    if token.revoked_at is not None:
        raise NotPermitted(f"The token “{token.label}” was revoked.", code="token-revoked")
    if token.expires_at <= at:
        raise NotPermitted(
            f"The token “{token.label}” expired at {token.expires_at:%Y-%m-%dT%H:%M:%SZ}. Ask for a new one.",
            code="token-expired",
        )
    if not token.user.is_active:
        raise NotPermitted("The account of this token is no longer active.", code="account-inactive")
    token.user.scopes = frozenset(token.scopes)
    return token.user, token


def machine() -> User:
    """Return the user as whom Edgewise's own background work acts."""
    return User.objects.get(pk=MACHINE_ID, kind=UserKind.MACHINE)


def user_by_email(*, email: str) -> User:
    """Return the active user who signs in with `email`; raise NotFound when nobody does."""
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise NotFound(f"Nobody signs in as {email}.")
    return user


def users(*, by: User) -> QuerySet[User]:
    """Return every account, by name, to an administrator; raise NotPermitted to others."""
    check_administrator(by=by)
    return User.objects.order_by("name", "pk")


def tokens_of(*, by: User) -> QuerySet[Token]:
    """Return the tokens of `by`, newest first."""
    return Token.objects.filter(user=by).order_by("-issued_at")


def names(*, actors: set[str]) -> dict[str, str]:
    """Return the display name of each opaque actor id; erased people read "erased"."""
    rows = User.objects.filter(pk__in=actors).values_list("pk", "name")
    return {str(pk): name or "erased" for pk, name in rows}
