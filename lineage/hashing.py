"""Storing what was computed over a version's files: a row when it differs from the last, else only the time. While it
is computed everybody can see that it is, and afterwards why it could not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance.errors import DomainError
from lineage.digests import Manifest, changed_paths, manifest_from
from lineage.errors import RegistryUnavailable
from lineage.models import ModelDigest, ModelSignature, ModelVersion


@dataclass(frozen=True, kw_only=True)
class Rehash:
    """What was recorded `before` (None: never hashed) and what is there now; `paths` are those that differ."""

    version: ModelVersion
    before: ModelDigest | None
    after: ModelDigest
    paths: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether the files are others than before; a first digest is no change."""
        return self.before is not None and self.before.pk != self.after.pk


@contextmanager
def looking(version: ModelVersion, *, at: datetime) -> Iterator[None]:
    """Say on the version's row that its files are being hashed since `at`, and how that failed, if it did."""
    row = ModelVersion.objects.filter(pk=version.pk)
    row.update(hashing_since=at, hashing_problem="", hashing_failed_at=None)
    try:
        yield
    except DomainError as error:
        failed_at = None if isinstance(error, RegistryUnavailable) else at
        row.update(hashing_problem=error.message, hashing_failed_at=failed_at)
        raise
    finally:
        row.update(hashing_since=None)


def compare_and_store(*, version: ModelVersion, manifest: Manifest, at: datetime) -> Rehash:
    """Compare `manifest` with the version's last one (paths, sizes and bytes) and store it where it differs."""
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update().get(pk=version.pk)
        before = locked.current_digest
        recorded = manifest_from(before.manifest) if before else None
        after = before if before and recorded == manifest else _store(locked, manifest, at)
        locked.digest_checked_at = version.digest_checked_at = at
        locked.made_from = manifest.made_from
        locked.save(update_fields=["digest_checked_at", "made_from"])
        if locked.signature != manifest.signature:
            ModelSignature.objects.create(version=locked, content=manifest.signature, seen_at=at)
    paths = changed_paths(recorded, manifest) if recorded else ()
    return Rehash(version=version, before=before, after=after, paths=paths)


def _store(version: ModelVersion, manifest: Manifest, at: datetime) -> ModelDigest:
    return ModelDigest.objects.create(
        version=version,
        digest=manifest.digest,
        manifest=manifest.as_list(),
        total_bytes=manifest.total_bytes,
        artifact_uri=version.artifact_uri,
        computed_at=at,
    )
