"""The same row for each competitor, so that each write differs from the others by its audit alone."""

from __future__ import annotations

import pghistory
from django.db import models
from simple_history.models import HistoricalRecords


class Case(models.Model):
    """What is written."""

    name = models.TextField()
    state = models.CharField(max_length=20)
    amount = models.IntegerField()
    reason = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class PlainCase(Case):
    """Written bare, and with an Edgewise leaf beside it."""


@pghistory.track()
class TrackedCase(Case):
    """Audited by django-pghistory's triggers."""


class LoggedCase(Case):
    """Audited by django-auditlog, registered in `contestants`."""


class HistoricCase(Case):
    """Audited by django-simple-history."""

    history = HistoricalRecords()
