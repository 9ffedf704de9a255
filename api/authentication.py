"""Who asks: scoped, expiring tokens in the Authorization header."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from governance import errors
from governance.accounts import selectors
from governance.accounts.models import Token, User


class ScopedTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ew_…` (RFC 6750); what the token allows travels with the user as `scopes`."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """Return the token's user and the token; None when the header is absent or of another scheme."""
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return selectors.user_of_token(secret=secret.strip(), at=timezone.now())
        except errors.DomainError as error:
            raise AuthenticationFailed(error.message, code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that goes with a 401."""
        return 'Bearer realm="edgewise"'
