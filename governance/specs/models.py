"""Value specifications: a mutable working draft, and ratified versions that can never change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import orjson
from django.db import models

from governance.accounts.models import User
from governance.audit.sealed import SealedText
from governance.deliberation.models import Deliberation
from governance.specs import diff
from governance.specs.changes import Change
from governance.specs.clauses import EVERYBODY
from governance.specs.document import Specification, from_canonical
from governance.specs.losing import losing
from governance.specs.populations import Populations
from governance.specs.populations import compare as compare_populations
from governance.specs.states import DraftState
from governance.systems.models import AISystem


class ValueSpecification(models.Model):
    """A system's specification line with its working draft; this row is the lock of the line."""

    system = models.OneToOneField(AISystem, on_delete=models.PROTECT, related_name="specification")
    draft_text = models.TextField()
    draft_digest = models.CharField(max_length=64)
    drafter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    state = models.CharField(max_length=15, choices=DraftState, default=DraftState.DRAFT)
    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="+", null=True)

    def __str__(self) -> str:
        return f"specification of {self.system_id}"


class VersionQuerySet(models.QuerySet["SpecificationVersion"]):
    """Ratified versions as somebody may see them."""

    def visible_to(self, by: User) -> VersionQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(specification__system__in=AISystem.objects.all().visible_to(by))


class SpecificationVersion(models.Model):
    """A ratified version: `document` is the canonical JSON whose SHA-256 is `digest`, `text` the YAML as written.

    `populations` says for each group that it names which version of the group was meant, and which evidence rows are
    theirs: a group that is declared anew later changes nothing here.
    """

    specification = models.ForeignKey(ValueSpecification, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    document = models.BinaryField()
    digest = models.CharField(max_length=64)
    text = models.TextField()
    changes = models.JSONField()
    populations = models.JSONField()
    drafter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="ratified_versions")
    ratified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ratified_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    objects: ClassVar[VersionQuerySet] = VersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["specification", "version"], name="one_ratified_specification_per_version"),
            models.CheckConstraint(
                condition=~models.Q(drafter=models.F("ratified_by")), name="nobody_ratifies_their_own_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.specification_id} {self.version}"

    def content(self) -> dict[str, Any]:
        """Return the canonical document."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded

    def changes_to(self, later: Specification, *, populations: Populations) -> tuple[Change, ...]:
        """Return what `later`, asked of these `populations`, changes about this version."""
        return diff.compare(self.parsed(), later) + compare_populations(self.populations, populations)

    def protected_from(self, changes: Iterable[Change]) -> set[str]:
        """Return the groups from whom `changes` would take something that this version asks for them."""
        taken = [change.path for change in changes if change.kind in ("loosened", "removed")]
        redefined = {key for key in self.populations if f"groups.{key}.population" in taken}
        return (redefined | losing(self.parsed(), taken)) - {EVERYBODY}

    def selectors(self) -> dict[str, dict[str, Any]]:
        """Return which evidence rows belong to each group, by its key; "all" is everybody."""
        return {EVERYBODY: {}} | {key: population["selector"] for key, population in self.populations.items()}

    def parsed(self) -> Specification:
        """Return the specification that the canonical document says."""
        return from_canonical(self.content())


class SheetQuerySet(models.QuerySet["MetricSheet"]):
    """Sheets as somebody may see them."""

    def visible_to(self, by: User) -> SheetQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))

    def newest(self) -> SheetQuerySet:
        """Keep the one written last for each metric of each system."""
        return self.order_by("system_id", "metric", "-pk").distinct("system_id", "metric")


class MetricSheet(models.Model):
    """One writing of a metric's provenance sheet: whoever changes it writes another. `document` is the canonical JSON
    whose SHA-256 is `digest`."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="sheets")
    metric = models.CharField(max_length=64)
    document = models.BinaryField()
    digest = models.CharField(max_length=64)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    objects: ClassVar[SheetQuerySet] = SheetQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"sheet of {self.metric} ({self.digest[:12]})"

    @property
    def is_approved(self) -> bool:
        """Whether somebody else approved exactly this writing, and nobody withdrew it since."""
        return hasattr(self, "approval") and not self.is_withdrawn

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was approved, and withdrawn since."""
        return hasattr(self, "approval") and hasattr(self.approval, "withdrawal")

    def content(self) -> dict[str, Any]:
        """Return the canonical document."""
        loaded: dict[str, Any] = orjson.loads(bytes(self.document))
        return loaded


class SheetApproval(models.Model):
    """A sheet's approval, by somebody who had not written on it."""

    sheet = models.OneToOneField(MetricSheet, on_delete=models.PROTECT, related_name="approval")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(written_by=models.F("approved_by")), name="nobody_approves_their_own_sheet"
            ),
        ]

    def __str__(self) -> str:
        return f"approval of {self.sheet}"


class SheetWithdrawal(models.Model):
    """The end of a sheet's approval: nobody stands by it any more. It takes another writing to approve."""

    approval = models.OneToOneField(SheetApproval, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    because = SealedText("because")

    def __str__(self) -> str:
        return f"withdrawal of {self.approval.sheet}"
