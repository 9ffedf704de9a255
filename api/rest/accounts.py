"""Accounts and tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import Pages, PagesByName
from api.rest.fields import Moment, OneOf, Person
from governance.accounts import selectors, services
from governance.accounts.models import Token, User, UserKind
from governance.systems import selectors as systems
from governance.systems.roles import SCOPES


class Account(Person):
    """An account, as its administrators see it."""

    email = serializers.EmailField(allow_null=True)
    kind = serializers.CharField()
    is_administrator = serializers.BooleanField()
    is_active = serializers.BooleanField()
    joined_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)


class Oneself(Account):
    """Who acts, and what the token allows (null: no token stands between)."""

    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)


class NewAccount(Given):
    """A person with address and password, or a service account with neither."""

    email = serializers.EmailField(allow_null=True, default=None, max_length=254)
    name = serializers.CharField(max_length=200)
    password = serializers.CharField(allow_null=True, default=None, max_length=500, write_only=True)
    kind = OneOf([UserKind.PERSON.value, UserKind.SERVICE.value], default=UserKind.PERSON.value)


class FreshPassword(serializers.Serializer):
    """A password that is shown this once only, and that opens nothing but the choice of another."""

    id = serializers.UUIDField()
    password = serializers.CharField()


class IssuedToken(serializers.Serializer):
    """A token without its secret."""

    id = serializers.IntegerField()
    label = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class FreshToken(IssuedToken):
    """A token with its secret, which is shown this once only."""

    secret = serializers.CharField()


class NewToken(Given):
    """`user` is left out for a token of one's own."""

    user = serializers.CharField(max_length=254, required=False)
    label = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=OneOf(sorted(SCOPES)), max_length=len(SCOPES))
    expires_at = Moment()


class Me(Endpoint):
    """Who acts."""

    @operation("accounts_me", summary="Who acts, and with which scopes", gives=Oneself)
    def get(self, given: dict[str, Any]) -> User:
        return self.by


class Users(Endpoint):
    """Everybody's accounts."""

    pagination_class = PagesByName

    @operation("accounts_user_list", summary="All accounts", gives=Account(many=True), paged=True)
    def get(self, given: dict[str, Any]) -> Any:
        return selectors.users(by=self.by)

    @operation(verb="accounts.user.add", takes=NewAccount, gives=Account, status=201)
    def post(self, given: dict[str, Any]) -> User:
        return services.add_user(**given, **self.acting)


class UserErasure(Endpoint):
    """The end of what identifies a person."""

    @operation(verb="accounts.user.erase", gives=Account)
    def post(self, given: dict[str, Any], user: UUID) -> User:
        return services.erase_person(user_id=user, **self.acting)


class PasswordReset(Endpoint):
    """A password for somebody who forgot theirs."""

    @operation(verb="accounts.password.reset", gives=FreshPassword, replayable=False)
    def post(self, given: dict[str, Any], user: UUID) -> dict[str, Any]:
        found, password = services.reset_password(user_id=user, **self.acting)
        return {"id": found.pk, "password": password}


class Tokens(Endpoint):
    """One's own tokens, and those of service accounts."""

    pagination_class = Pages

    @operation("accounts_token_list", summary="One's own tokens", gives=IssuedToken(many=True), paged=True)
    def get(self, given: dict[str, Any]) -> Any:
        return selectors.tokens_of(by=self.by)

    @operation(verb="accounts.token.issue", takes=NewToken, gives=FreshToken, status=201, replayable=False)
    def post(self, given: dict[str, Any]) -> Token:
        reference = given.pop("user", self.by.actor)
        user = systems.person(reference=reference, by=self.by)
        token, secret = services.issue_token(user=user, **given, **self.acting)
        token.secret = secret  # type: ignore[attr-defined]
        return token


class TokenRevocation(Endpoint):
    """The end of a token."""

    @operation(verb="accounts.token.revoke", gives=IssuedToken)
    def post(self, given: dict[str, Any], token: int) -> Token:
        return services.revoke_token(token_id=token, **self.acting)
