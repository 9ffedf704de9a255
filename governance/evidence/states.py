"""The states of an upload; the database holds the same table."""

from __future__ import annotations

from django.db import models


class UploadState(models.TextChoices):
    """Where a large file stands between its sender and the record."""

    RECEIVING = "receiving", "its parts are being received"
    READING = "reading", "it is here, and its cases are being read"
    RECORDED = "recorded", "it is evidence"
    REFUSED = "refused", "it is none, and nothing of it is kept"


UPLOAD_TRANSITIONS: dict[str, tuple[str, ...]] = {
    UploadState.RECEIVING: (UploadState.READING, UploadState.REFUSED),
    UploadState.READING: (UploadState.RECORDED, UploadState.REFUSED),
    UploadState.RECORDED: (),
    UploadState.REFUSED: (),
}
