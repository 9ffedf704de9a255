"""Opening, refreshing and deciding a candidate, each with a look at the files in MLflow right before: what is put
forward and what is approved are the bytes that lie there now."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.approvals import policies, services
from governance.approvals.models import CandidateRevision, Decision, ReleaseCandidate
from governance.errors import NotAllowedNow, no_such
from governance.systems.policies import can
from governance.systems.selectors import system as system_of
from lineage import sync
from lineage.models import ModelVersion


def open_candidate(
    *, system_key: str, version: ModelVersion, context_key: str, by: User, at: datetime
) -> ReleaseCandidate:
    """Hash the version's files again and open a candidate; see `services.open_candidate`, and `look`."""
    policies.check_can_open(by=by, system=system_of(key=system_key, by=by), at=at)
    look(version, at=at)
    return services.open_candidate(system_key=system_key, version=version, context_key=context_key, by=by, at=at)


def refresh_candidate(*, candidate_id: int, by: User, at: datetime) -> CandidateRevision:
    """Hash the version's files again and bring a candidate up to date; see `services.refresh_candidate`, and `look`."""
    candidate = _candidate(candidate_id)
    policies.check_can_change(by=by, candidate=candidate, at=at)
    look(candidate.model_version, at=at)
    return services.refresh_candidate(candidate_id=candidate_id, by=by, at=at)


def decide(*, candidate_id: int, shown_digest: str, outcome: str, reason: str, by: User, at: datetime) -> Decision:
    """Hash the version's files again, if it is to be approved, and decide; see `services.decide`, and `look`."""
    candidate = _candidate(candidate_id)
    if outcome == "approved" and can(policies.check_can_ask_to_decide, by=by, candidate=candidate, at=at):
        look(candidate.model_version, at=at)
    return services.decide(
        candidate_id=candidate_id, shown_digest=shown_digest, outcome=outcome, reason=reason, by=by, at=at
    )


def look(version: ModelVersion, *, at: datetime) -> None:
    """See to it that the last look at the files counts at `at`.

    Raises RegistryError when they cannot be, IntegrityConflict naming those that are others than were recorded, and
    NotAllowedNow while a worker hashes large ones.
    """
    if policies.is_looked_at(version=version, at=at):
        return
    if policies.is_large(version):
        _by_a_worker(version, at=at)
    found = sync.rehash(version=version, at=at)
    if found.changed:
        raise sync.conflict(found)


def _by_a_worker(version: ModelVersion, *, at: datetime) -> None:
    from governance.approvals import tasks

    if version.hashing_since is None or at - version.hashing_since > settings.TASK_LIMIT:
        tasks.look_again.delay(version_id=version.pk)
    raise NotAllowedNow(
        f"The files of {version.uri} are large, so a worker is hashing them again. The candidate's page says when that "
        "is done.",
        code="files-being-hashed",
    )


def _candidate(candidate_id: int) -> ReleaseCandidate:
    rows = ReleaseCandidate.objects.select_related("system", "model_version__registered_model__server")
    found = rows.filter(pk=candidate_id).first()
    if found is None:
        raise no_such(policies.CANDIDATE)
    return found
