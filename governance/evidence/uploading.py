"""Reads a file that came in parts: in the background, telling how far it is, and going on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO

from django.db import connection
from django.utils import timezone

from governance.accounts.selectors import machine
from governance.errors import DomainError, Invalid, NotAllowedNow
from governance.evidence import files, parts, policies, services, uploads
from governance.evidence.files import Upload
from governance.evidence.ingest import Course, Gathering
from governance.evidence.models import EvidenceUpload
from governance.evidence.states import UploadState

SPACE = 0x657669  # the first word of our advisory locks, so that other features' numbers cannot collide
BATCHES_KEPT = 10
"""After so many batches, two hundred thousand rows of most files, what was gathered is kept."""
MOST_ATTEMPTS = 5
ABANDONED = timedelta(days=7)
QUIET = timedelta(minutes=1)
"""How long a reader says nothing before another one looks whether it is still there."""


def read(*, upload_id: int, at: datetime) -> None:
    """Read a file that is here whole, and record it as evidence in its sender's name, or that it is none, and why.

    Whoever comes second while another reads it leaves it alone.
    """
    with _only_one(upload_id) as is_first:
        row = EvidenceUpload.objects.select_related("system", "model_version", "begun_by").get(pk=upload_id)
        if not is_first or row.state != UploadState.READING:
            return
        try:
            uploads.attempted(row, at=at)
            _read(row, at=at)
        except DomainError as refusal:
            if refusal.code == policies.SPECIFICATION_CHANGED:
                return  # The sweep has it read again, under the one that is in force by then.
            uploads.refuse(upload_id=row.pk, refusal=refusal, by=machine(), at=at)


def waiting(*, at: datetime) -> list[int]:
    """Return the uploads that should be read and of which nobody has said anything for a while."""
    rows = EvidenceUpload.objects.filter(state=UploadState.READING, changed_at__lte=at - QUIET)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def give_up(*, at: datetime) -> None:
    """Refuse the uploads of which no part has come for a week, and keep nothing of those that ended otherwise: whoever
    recorded them may have been ended before that."""
    rows = EvidenceUpload.objects.filter(state=UploadState.RECEIVING, changed_at__lte=at - ABANDONED)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        said = f"No part of it came for {ABANDONED.days} days. Begin again."
        uploads.refuse(upload_id=pk, refusal=NotAllowedNow(said, code="abandoned"), by=machine(), at=at)
    kept = parts.uploads()
    needed = set(EvidenceUpload.objects.filter(pk__in=kept, state__in=uploads.OPEN).values_list("pk", flat=True))
    for pk in kept:
        if pk not in needed:
            parts.drop(pk)


def _read(row: EvidenceUpload, *, at: datetime) -> None:
    if row.attempts > MOST_ATTEMPTS:
        said = f"{MOST_ATTEMPTS} readers ended while they read it. Split the evaluation."
        raise Invalid(said, code="too-hard-to-read")
    with parts.whole(row.pk, digest=row.digest) as file:
        upload, course = _upload(row, file), _Course(row)
        reading = files.reading_of(upload, system=row.system, version=row.model_version, course=course)
        services.record_file(
            system_key=row.system.key, reading=reading, upload_id=row.pk, by=row.begun_by, at=timezone.now()
        )


def _upload(row: EvidenceUpload, file: IO[bytes]) -> Upload:
    said = row.said
    began = datetime.fromisoformat(said["evaluated_at"]).astimezone(UTC) if said["evaluated_at"] else None
    return Upload(
        name=row.name,
        file=file,
        level=said["level"],
        evaluator=said["evaluator"],
        mapping=said["mapping"],
        form=said["form"],
        results=bytes(row.results),
        evaluated_at=began,
        model_digest=said["model_digest"],
    )


class _Course(Course):
    """Tells how far an upload has been read, and keeps what was gathered."""

    def __init__(self, row: EvidenceUpload) -> None:
        self._row = row
        self._percent = row.percent

    def kept(self) -> Iterable[bytes]:
        """Return what an earlier reader had gathered."""
        return parts.kept(self._row.pk, parts.GATHERED)

    def reached(self, gathering: Gathering, *, end: int) -> None:
        """Say it in percent, of which measuring what was gathered is the last one."""
        if gathering.is_sound and gathering.counts.batches % BATCHES_KEPT == 0:
            parts.keep(self._row.pk, parts.GATHERED, gathering.counts.batches, gathering.fresh())
        percent = 99 * end // max(self._row.size, 1)
        if percent > self._percent:
            self._percent = percent
            uploads.advanced(self._row, percent=percent, at=timezone.now())


@contextmanager
def _only_one(upload_id: int) -> Iterator[bool]:
    """Say whether nobody else reads it, and hold that until the end; PostgreSQL lets go when this process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, upload_id])
        [is_first] = cursor.fetchone()
        try:
            yield is_first
        finally:
            if is_first:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, upload_id])
