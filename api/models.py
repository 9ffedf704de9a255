"""What the API itself has to remember: answers that it gave under an Idempotency-Key."""

from __future__ import annotations

from django.db import models

from governance.accounts.models import User


class GivenAnswer(models.Model):
    """The answer to one user's request under one key. `request_digest` is a keyed digest of what was asked, so that
    the row does not give away a body; rows are forgotten after a day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    headers = models.JSONField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_user_and_key")]

    def __str__(self) -> str:
        return f"answer {self.status} to {self.user_id}"
