"""People and pipelines who act, and the tokens that act for them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models


class UserKind(models.TextChoices):
    """What acts: somebody, a pipeline or monitor, or Edgewise's own background work."""

    PERSON = "person", "person"
    SERVICE = "service", "service account"
    MACHINE = "machine", "Edgewise itself"


class UserManager(BaseUserManager["User"]):
    """Finds users by their sign-in name."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user who signs in as `username`, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Somebody or something that acts. Rows are never deleted; erasing a person empties `name` and `email`.

    While `must_change_password` is set somebody else knows the password, and whoever signs in with it can do nothing
    but choose another.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, null=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=UserKind)
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)

    scopes: frozenset[str] | None = None
    """What the token that is acting allows; None when no token stands between."""

    USERNAME_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="person") | models.Q(is_administrator=False),
                name="only_a_person_administers",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="person") | models.Q(must_change_password=False),
                name="only_a_person_has_a_password",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True)
                | models.Q(name="", email__isnull=True, is_active=False, is_administrator=False),
                name="an_erased_account_says_and_may_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """The opaque id under which the log knows this user."""
        return str(self.id)


class Token(models.Model):
    """An expiring secret of which only the SHA-256 is kept. It allows what its user may do and what its scopes name,
    whichever is less; expired and revoked tokens stay, so that a refusal can say which it was."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60))
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="token_revoked_at_with_by",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("issued_at")), name="token_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.user_id}"
