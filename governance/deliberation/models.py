"""Deliberations: a question, a frozen roll, a rule chosen before voting, private ballots, an outcome with dissent."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from governance.accounts.models import User
from governance.audit.sealed import SealedText, read_together
from governance.deliberation.rules import SMALLEST_SHOWN
from governance.deliberation.states import DeliberationState
from governance.systems.models import AISystem


class DeliberationQuerySet(models.QuerySet["Deliberation"]):
    """Deliberations as somebody may see them."""

    def visible_to(self, by: User) -> DeliberationQuerySet:
        """Keep those of the systems that `by` may see."""
        return self.filter(system__in=AISystem.objects.all().visible_to(by))


class Deliberation(models.Model):
    """A question put to stakeholder groups. `subject` and `subject_digest` name what exactly is deliberated;
    `options` is a list of {"key", "text"}; `quorum` counts ballots overall, `group_quorum` in each seated group;
    tallies show groups of at least `smallest_group` people."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="deliberations")
    subject = models.CharField(max_length=200)
    subject_digest = models.CharField(max_length=64)
    question = models.TextField()
    framing = models.TextField()
    options = models.JSONField()
    seated_groups = models.JSONField()
    rule = models.CharField(max_length=32)
    quorum = models.PositiveIntegerField()
    group_quorum = models.PositiveIntegerField()
    smallest_group = models.PositiveIntegerField()
    proposer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    facilitator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DeliberationState, default=DeliberationState.DRAFT)
    prepared_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    voting_from = models.DateTimeField(null=True)
    voting_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    objects: ClassVar[DeliberationQuerySet] = DeliberationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(smallest_group__gte=SMALLEST_SHOWN), name="no_tally_of_so_few_that_it_tells_votes"
            ),
            models.CheckConstraint(
                condition=(models.Q(state="closed", closed_at__isnull=False) & ~models.Q(answer=""))
                | (~models.Q(state="closed") & models.Q(closed_at__isnull=True, answer="")),
                name="a_closed_deliberation_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"D-{self.pk}"


class Seat(models.Model):
    """One place on the frozen roll. Ballots hang on `pseudonym`; only this table says whose it is."""

    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    group_key = models.CharField(max_length=60)
    pseudonym = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deliberation", "user"], name="one_seat_per_participant")]

    def __str__(self) -> str:
        return f"seat {self.pseudonym}"


class Position(models.Model):
    """What a participant said, with its kind: a statement, or a dissent that stands beside the outcome."""

    STATEMENT, DISSENT = "statement", "dissent"

    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="positions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    group_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=[(STATEMENT, STATEMENT), (DISSENT, DISSENT)])
    stated_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    text = SealedText("text")

    def __str__(self) -> str:
        return f"{self.kind} on D-{self.deliberation_id}"


class Ballot(models.Model):
    """One ballot of a pseudonymous seat; a later one of the same seat supersedes it. The log holds `commitment`."""

    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="ballots")
    pseudonym = models.UUIDField()
    group_key = models.CharField(max_length=60)
    ranking = models.JSONField()
    salt = models.CharField(max_length=64)
    commitment = models.CharField(max_length=64)
    cast_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["deliberation", "pseudonym", "-id"], name="newest_ballot_of_a_seat")]

    def __str__(self) -> str:
        return f"ballot of seat {self.pseudonym}"


class Outcome(models.Model):
    """What the ballots came to: the tally under every rule with the chosen one marked, and the dissent.

    `document` names each dissent by what its entry in the log commits to; the words lie sealed beside the log.
    """

    NONE_FILED = "none filed"

    deliberation = models.OneToOneField(Deliberation, on_delete=models.PROTECT, related_name="outcome")
    winner = models.CharField(max_length=60, blank=True)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"outcome of D-{self.deliberation_id}"

    @property
    def dissent(self) -> str:
        """Every dissent in one text, or “none filed”; never blank."""
        filed = list(self.deliberation.positions.filter(kind=Position.DISSENT).order_by("pk"))
        read_together(filed)
        return "\n\n".join(position.text for position in filed) or self.NONE_FILED
