"""What MLflow shows as released otherwise than by an alias: the stage Production, and copies into a model of a system
from any other model, whoever governs that one. A part of judging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from governance.accounts.models import User
from governance.approvals import selectors as approvals
from governance.audit import services as audit
from governance.monitoring import events
from governance.monitoring.copies import copies
from governance.monitoring.models import OutOfBandClaim
from governance.monitoring.states import ClaimState
from governance.systems.models import AISystem
from lineage import selectors as lineage
from lineage.models import ModelVersion

STAGE, COPY = "stage", "copy"
PRODUCTION = "Production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A version is released by what `kind` says: it came into stage `after`, or is a copy of `after`, which is `origin`
    where the system governs that."""

    kind: str
    version: ModelVersion
    after: str
    origin: ModelVersion | None = None


def judge(*, system: AISystem, by: User, at: datetime) -> None:
    """Record each claim for which no approval stands in any context of the system, once; resolve those that ended."""
    unapproved = {(c.kind, c.version.pk): c for c in _claims(system) if not _is_approved(c, system, at=at)}
    standing = system.claims.filter(state=ClaimState.OPEN).select_related("model_version__registered_model")
    for row in standing.order_by("pk"):
        now = unapproved.pop((row.kind, row.model_version_id), None)
        if now is None:
            _resolve(row, by=by, at=at)
    for found in unapproved.values():
        _raise(system, found, by=by, at=at)


def _claims(system: AISystem) -> Iterator[Claim]:
    names = set(system.registered_models.values_list("server_key", "name"))
    ours = Q(pk__in=[])
    for server_key, name in names:
        ours |= Q(registered_model__server__key=server_key, registered_model__name=name)
    rows = ModelVersion.objects.filter(ours, vanished_at=None).select_related("registered_model__server").order_by("pk")
    for row in rows.filter(stage=PRODUCTION):
        yield Claim(kind=STAGE, version=row, after=row.stage, origin=row.copied_from)
    for copy in copies(rows, names=names):
        yield Claim(kind=COPY, version=copy.version, after=copy.of, origin=copy.origin)


def _is_approved(claim: Claim, system: AISystem, *, at: datetime) -> bool:
    """Whether an approval of the version's files stands in a context: its own, or its origin's while they are alike."""
    alike, origin = [claim.version], claim.origin
    if origin is not None and origin.fingerprint == claim.version.fingerprint != "":
        alike.append(origin)
    keys = list(system.contexts.order_by("key").values_list("key", flat=True))
    return any(approvals.holding(system=system, version=v, context_key=key, at=at) for v in alike for key in keys)


def _raise(system: AISystem, found: Claim, *, by: User, at: datetime) -> None:
    before = lineage.stage_before(found.version) if found.kind == STAGE else ""
    event = events.ClaimFound(
        subject=f"version:{found.version.pk}",
        model=found.version.uri,
        kind=found.kind,
        artifact=found.version.digest,
        before=before,
        after=found.after,
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    OutOfBandClaim.objects.create(
        system=system,
        kind=found.kind,
        registered_model=found.version.registered_model,
        model_version=found.version,
        before=before,
        after=found.after,
        found_at=at,
        leaf_id=leaf,
    )


def _resolve(row: OutOfBandClaim, *, by: User, at: datetime) -> None:
    version = ModelVersion.objects.get(pk=row.model_version_id)
    if version.vanished_at is not None:
        because = "The version is gone from MLflow."
    elif row.kind == STAGE and version.stage != row.after:
        because = f"It is in stage {version.stage or 'None'} now."
    else:
        because = "An approval of its files stands now."
    row.state, row.resolved_at, row.resolved_because = ClaimState.RESOLVED, at, because
    row.save(update_fields=["state", "resolved_at", "resolved_because"])
    event = events.ClaimResolved(
        subject=f"version:{row.model_version_id}", model=row.model_version.uri, kind=row.kind, because=because
    )
    audit.record(event=event, actor=by.actor, system=row.system.key, at=at)
