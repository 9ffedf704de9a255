"""Whether model versions still have the files that they were registered with: a part of judging."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from itertools import pairwise

from django.db.models import Count

from governance.accounts.models import User
from governance.approvals import issuing
from governance.approvals.states import ApprovalState
from governance.audit import services as audit
from governance.errors import NotAllowedNow
from governance.monitoring import events
from governance.monitoring.models import IntegrityIncident
from governance.monitoring.states import IncidentState
from governance.systems.models import AISystem
from lineage.digests import differences, manifest_from
from lineage.models import ModelDigest, ModelVersion

NAMED = 100
"""How many files of each kind an entry of the log names; the incident's own row names all."""


def judge(*, system: AISystem, by: User, at: datetime) -> None:
    """Raise an incident for each change of a version's files, once; end approvals of what was there before."""
    for version in _changed_versions(system):
        digests = list(version.digests.order_by("pk"))
        known = set(version.incidents.values_list("after_id", flat=True))
        for before, after in pairwise(digests):
            if after.manifest != digests[0].manifest and after.pk not in known:
                _raise(system, version, before, after, by=by, at=at)
        for incident in version.incidents.filter(state=IncidentState.OPEN).order_by("pk"):
            if because := _resolved_because(incident, version, digests):
                _resolve(incident, because=because, by=by, at=at)
        for approval in version.approvals.filter(state=ApprovalState.ACTIVE).order_by("pk"):
            with suppress(NotAllowedNow):  # It names the files that are there.
                issuing.lapse(approval_id=approval.pk, by=by, at=at)


def _changed_versions(system: AISystem) -> list[ModelVersion]:
    """Return the versions of the system's models that were hashed with more than one result."""
    rows: list[ModelVersion] = []
    for link in system.registered_models.order_by("pk"):
        named = ModelVersion.objects.filter(
            registered_model__server__key=link.server_key, registered_model__name=link.name
        )
        changed = named.annotate(seen=Count("digests")).filter(seen__gt=1)
        rows += changed.select_related("registered_model__server").order_by("pk")
    return rows


def _resolved_because(incident: IntegrityIncident, version: ModelVersion, digests: list[ModelDigest]) -> str:
    if version.vanished_at is not None:
        return "The version is gone from MLflow."
    if digests[-1].manifest == digests[0].manifest:
        return "Its files are again those that were hashed first."
    return "" if incident.after_id == digests[-1].pk else "Its files were changed again."


def _raise(
    system: AISystem, version: ModelVersion, before: ModelDigest, after: ModelDigest, *, by: User, at: datetime
) -> None:
    files = differences(manifest_from(before.manifest), manifest_from(after.manifest))
    event = events.IntegrityFound(
        subject=f"version:{version.pk}",
        model=version.uri,
        server=version.server.key,
        before=before.digest,
        after=after.digest,
        **{how: names[:NAMED] for how, names in files.items()},
        differing=sum(map(len, files.values())),
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    IntegrityIncident.objects.create(
        system=system, model_version=version, before=before, after=after, files=files, found_at=at, leaf_id=leaf
    )


def _resolve(incident: IntegrityIncident, *, because: str, by: User, at: datetime) -> None:
    incident.state, incident.resolved_at, incident.resolved_because = IncidentState.RESOLVED, at, because
    incident.save(update_fields=["state", "resolved_at", "resolved_because"])
    event = events.IntegrityResolved(
        subject=f"version:{incident.model_version_id}", model=incident.model_version.uri, because=because
    )
    audit.record(event=event, actor=by.actor, system=incident.system.key, at=at)
