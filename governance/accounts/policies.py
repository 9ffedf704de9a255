"""Who may manage accounts and tokens."""

from __future__ import annotations

from governance.accounts.models import Token, User, UserKind
from governance.errors import Invalid, NotAllowedNow, NotPermitted, Problem, no_such


def check_password_is_own(*, by: User) -> None:
    """Raise NotPermitted while somebody else knows the password with which `by` signed in.

    A token passes: none is issued before the person has chosen a password, and no administrator knows it.
    """
    if by.must_change_password and by.scopes is None:
        raise NotPermitted("Somebody else chose your password. Choose your own first.", code="password-not-own")


def check_administrator(*, by: User) -> None:
    """Raise NotPermitted unless `by` administers this installation (and no token narrows that)."""
    check_password_is_own(by=by)
    if not (by.is_active and by.is_administrator):
        raise NotPermitted("Only an administrator may do this.")
    if by.scopes is not None and "administer" not in by.scopes:
        raise NotPermitted("This token lacks the scope “administer”.", code="scope-missing")


def administers(*, by: User) -> bool:
    """Say whether `by` administers this installation."""
    return by.is_active and by.is_administrator and (by.scopes is None or "administer" in by.scopes)


def check_can_add(*, by: User, kind: str, email: str | None, password: str | None) -> None:
    """An administrator adds people, and service accounts, which act by token only and never sign in."""
    check_administrator(by=by)
    if kind not in (UserKind.PERSON, UserKind.SERVICE):
        problem = Problem("kind", f"“{kind}” cannot be added.", f"Use {UserKind.PERSON} or {UserKind.SERVICE}.")
        raise Invalid(str(problem), problems=(problem,))
    if kind == UserKind.SERVICE and (email or password):
        problem = Problem("email", "and password are for people.", "Leave both out: a service account has tokens.")
        raise Invalid(str(problem), problems=(problem,))


def check_can_change_password(*, by: User) -> None:
    """People change their own password, signed in; whoever holds a token of theirs does not."""
    if by.scopes is not None:
        raise NotPermitted("A token cannot change a password. Sign in to do this.")
    if by.kind != UserKind.PERSON or not by.is_active:
        raise NotPermitted("Only a person whose account is active has a password.")


def check_can_reset_password(*, by: User, user: User) -> None:
    """The password of another person is reset, who then has to choose their own."""
    if by.pk == user.pk:
        raise NotPermitted("Change your own password instead.")
    if user.kind != UserKind.PERSON:
        raise NotPermitted("Only a person has a password.")
    if not user.is_active:
        raise NotAllowedNow("This account is no longer active.")


def check_can_erase(*, user: User) -> None:
    """A person is erased once, and never the last administrator."""
    if user.kind != UserKind.PERSON:
        raise NotPermitted("Only a person can be erased; no one else has personal data here.")
    if user.erased_at is not None:
        raise NotAllowedNow("This person was erased already.")
    others = User.objects.filter(is_administrator=True, is_active=True).exclude(pk=user.pk)
    if user.is_administrator and not others.exists():
        raise NotAllowedNow("This is the last administrator; nobody could administer any more.")


def check_machine(*, by: User) -> None:
    """Raise NotPermitted unless `by` is Edgewise's own background work."""
    if by.kind != UserKind.MACHINE:
        raise NotPermitted("Only Edgewise's own background work does this.")


def check_can_issue_token(*, by: User, user: User) -> None:
    """A token may be had for oneself, or by an administrator for a service account; never through a token."""
    if by.scopes is not None:
        raise NotPermitted("A token cannot issue tokens. Sign in to do this.")
    check_password_is_own(by=by)
    if user.kind == UserKind.MACHINE:
        raise NotPermitted("Edgewise's own account has no tokens.")
    if by.pk != user.pk:
        check_administrator(by=by)
        if user.kind != UserKind.SERVICE:
            raise NotPermitted("Only the person may issue a token of their own.")
    if not (by.is_active and user.is_active):
        raise NotPermitted("The account is no longer active.")


def check_can_revoke_token(*, by: User, token: Token) -> None:
    """The holder and an administrator may revoke a token that still stands; to others, another's token is not there."""
    check_password_is_own(by=by)
    if by.pk != token.user_id and not administers(by=by):
        raise no_such("token")
    if token.revoked_at is not None:
        raise NotAllowedNow("This token is already revoked.")
