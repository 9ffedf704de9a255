"""AI systems, the contexts they are deployed in, the groups they affect, and who holds which role."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from governance.accounts.models import User
from governance.systems.roles import READERS

KEY_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
CONTEXT_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*$"


class SystemQuerySet(models.QuerySet["AISystem"]):
    """Systems as somebody may see them."""

    def visible_to(self, by: User) -> SystemQuerySet:
        """Keep what `by` may see: an administrator every system, others those where they hold a role today that reads
        (as far as the token that acts, if any, is scoped for it)."""
        administers = by.is_administrator and (by.scopes is None or "administer" in by.scopes)
        if not by.is_active or not (administers or by.scopes is None or "system.read" in by.scopes):
            return self.none()
        if by.is_administrator or by.kind == "machine":
            return self
        return self.filter(grants__in=RoleGrant.objects.running().filter(user=by, role__in=READERS)).distinct()


class AISystem(models.Model):
    """The governed thing. Everything hangs off a system, and its row is the lock of its grants and descriptions."""

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    purpose = models.TextField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[AISystem]] = SystemQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(key__regex=KEY_PATTERN), name="system_key_is_a_slug")]

    def __str__(self) -> str:
        return self.key


class DeploymentContext(models.Model):
    """Where a model would serve: a path such as `eu/helpdesk/public`. `live_alias` is the MLflow alias that makes a
    version live there."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="contexts")
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    stakes = models.TextField()
    live_alias = models.CharField(max_length=100)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "key"], name="one_context_per_key"),
            models.UniqueConstraint(fields=["system", "live_alias"], name="one_context_per_live_alias"),
            models.CheckConstraint(condition=Q(key__regex=CONTEXT_PATTERN), name="context_key_is_a_path"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}:{self.key}"


class RegisteredModelLink(models.Model):
    """A registered model that serves a system, named by strings: values are agreed without knowledge of any model."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="registered_models")
    server_key = models.CharField(max_length=60)
    name = models.CharField(max_length=255)
    connected_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server_key", "name"], name="a_registered_model_serves_one_system")
        ]

    def __str__(self) -> str:
        return f"{self.server_key}:{self.name}"


class StakeholderGroup(models.Model):
    """One version of a group of people whom the system affects. `selector` says which evidence rows are theirs.
    A change is a new row with the next version."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="groups")
    key = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    mandate = models.TextField()
    affected_because = models.TextField()
    floor = models.TextField()
    selector = models.JSONField()
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "key", "version"], name="one_group_per_version"),
            models.CheckConstraint(condition=Q(key__regex=KEY_PATTERN), name="group_key_is_a_slug"),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class GrantQuerySet(models.QuerySet["RoleGrant"]):
    """Grants by time."""

    def running(self, *, at: models.F | object | None = None) -> GrantQuerySet:
        """Keep the grants that hold at `at` (now, by the database's clock, when left out)."""
        moment = Now() if at is None else at
        return self.filter(starts_at__lte=moment, ends_at__gt=moment).filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=moment)
        )


class RoleGrant(models.Model):
    """A role held by somebody on one system from a start to an end; participants and representatives hold it for a
    group. Ending it early fills `ended_at`; the row stays."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="grants")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30)
    group_key = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar[GrantQuerySet] = GrantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="grant_ends_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="grant_ended_at_with_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} on {self.system_id}"
