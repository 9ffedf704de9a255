"""The only writers of candidates, sign-offs and decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance import actions, canonical
from governance.accounts.models import User
from governance.approvals import dossier, events, issuing, policies, standing
from governance.approvals.models import (
    CandidateRevision,
    ConflictDeclaration,
    Decision,
    ReleaseCandidate,
    SignOff,
)
from governance.approvals.states import CandidateState
from governance.audit import services as audit
from governance.errors import Conflict, Invalid, Problem, no_such
from governance.systems.selectors import context as context_of
from governance.systems.services import locked_system
from lineage.models import ModelVersion


@actions.action(verb="approvals.candidate.open", permission="candidate.open")
def open_candidate(
    *, system_key: str, version: ModelVersion, context_key: str, by: User, at: datetime
) -> ReleaseCandidate:
    """Put a registered model version forward for a context, on the strength of its newest gate report.

    Raises NotPermitted, NotFound (no context, specification, checkpoint or report), Conflict (one is open already).
    """
    system = locked_system(system_key)
    policies.check_can_open(by=by, system=system, at=at)
    policies.check_looked_at(version=version, at=at)
    context = context_of(system=system, key=context_key)
    if ReleaseCandidate.objects.filter(model_version=version, context_key=context.key, state="open").exists():
        raise Conflict(f"{version.uri} is a release candidate for {context.key} already.")
    candidate = ReleaseCandidate(
        system=system, model_version=version, context_key=context.key, opened_by=by, opened_at=at
    )
    draft = dossier.compile_revision(candidate=candidate, at=at)
    candidate.save(force_insert=True)
    event = events.CandidateOpened(
        subject=_id(candidate),
        model=version.uri,
        artifact=draft.artifact_digest,
        context=context.key,
        revision=1,
        digest=draft.digest,
    )
    _add_revision(candidate, draft, number=1, event=event, by=by, at=at)
    return candidate


@actions.action(verb="approvals.candidate.refresh", permission="candidate.open", states=("open",))
def refresh_candidate(*, candidate_id: int, by: User, at: datetime) -> CandidateRevision:
    """Bring an open candidate up to date as its next revision, which nobody has signed yet.

    Raises Conflict when nothing has changed, since a refresh would void sign-offs for nothing.
    """
    candidate = _locked(candidate_id)
    policies.check_can_change(by=by, candidate=candidate, at=at)
    current = newest_revision(candidate)
    policies.check_looked_at(version=candidate.model_version, at=at)
    if not standing.stale_because(current, at=at):
        raise Conflict("Nothing has changed since the newest revision.")
    draft = dossier.compile_revision(candidate=candidate, at=at)
    number = current.number + 1
    event = events.CandidateRevised(subject=_id(candidate), revision=number, digest=draft.digest)
    return _add_revision(candidate, draft, number=number, event=event, by=by, at=at)


@actions.action(verb="approvals.candidate.withdraw", permission="candidate.open", states=("open",))
def withdraw_candidate(*, candidate_id: int, reason: str, by: User, at: datetime) -> ReleaseCandidate:
    """Withdraw an open candidate; what was signed stays on record."""
    candidate = _locked(candidate_id)
    policies.check_can_change(by=by, candidate=candidate, at=at)
    event = events.CandidateWithdrawn(subject=_id(candidate), reason=_reason(reason))
    leaf = _record(event, candidate=candidate, by=by, at=at)
    candidate.state, candidate.withdrawn_by = CandidateState.WITHDRAWN, by
    candidate.withdrawn_at, candidate.withdrawn_leaf_id = at, leaf
    candidate.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "withdrawn_leaf_id"])
    return candidate


@actions.action(verb="approvals.conflict.declare", permission="candidate.sign", states=("open",))
def declare_conflict(*, candidate_id: int, reason: str, by: User, at: datetime) -> ConflictDeclaration:
    """Declare a conflict of interest of one's own; from then on one cannot sign, and an earlier word does not count."""
    candidate = _locked(candidate_id)
    policies.check_can_declare_conflict(by=by, candidate=candidate, at=at)
    event = events.ConflictDeclared(subject=_id(candidate), reason=_reason(reason))
    leaf = _record(event, candidate=candidate, by=by, at=at)
    return ConflictDeclaration.objects.create(candidate=candidate, user=by, declared_at=at, leaf_id=leaf)


@actions.action(verb="approvals.candidate.sign", permission="candidate.sign", states=("open",))
def sign(
    *,
    candidate_id: int,
    shown_digest: str,
    role: str,
    group: str = "",
    stance: str,
    reason: str = "",
    by: User,
    at: datetime,
) -> SignOff:
    """Sign the newest revision as `role` (for `group`, as its representative), bound to the digest one was shown.

    Raises NotPermitted (role, separation of duties), NotAllowedNow, Invalid, or Conflict when one has signed already
    or what was shown is no longer current.
    """
    candidate = _locked(candidate_id)
    revision = newest_revision(candidate)
    policies.check_can_sign(
        by=by, revision=revision, role=role, group=group, separated=standing.separated(candidate), at=at
    )
    policies.check_stance(stance=stance, reason=reason)
    _check_shown(revision, shown_digest, at=at)
    event = events.CandidateSigned(
        subject=_id(candidate),
        revision=revision.number,
        digest=revision.digest,
        role=role,
        group=group,
        stance=stance,
        reason=reason.strip(),
    )
    leaf = _record(event, candidate=candidate, by=by, at=at)
    return SignOff.objects.create(
        revision=revision,
        user=by,
        role=role,
        group_key=group,
        stance=stance,
        shown_digest=shown_digest,
        signed_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="approvals.candidate.decide", permission="candidate.decide", states=("open",))
def decide(*, candidate_id: int, shown_digest: str, outcome: str, reason: str, by: User, at: datetime) -> Decision:
    """Decide the newest revision. Approving needs the whole policy met, and issues the approval with its statement.

    Raises NotPermitted, NotAllowedNow with every unmet requirement, Conflict when another revision was shown.
    """
    candidate = _locked(candidate_id)
    revision = newest_revision(candidate)
    separated = standing.separated(candidate)
    stands = standing.standing(revision, at=at, barred=separated)
    policies.check_can_decide(by=by, candidate=candidate, outcome=outcome, standing=stands, separated=separated, at=at)
    _reason(reason)
    _check_shown(revision, shown_digest, at=at, stale_too=outcome != "approved")
    if outcome == "approved":
        policies.check_looked_at(version=candidate.model_version, at=at)
    document = dossier.decision_document(
        revision=revision, standing=stands, separated=separated, outcome=outcome, by=by, at=at
    )
    digest = canonical.digest(document)
    candidate.state = CandidateState.DECIDED
    candidate.save(update_fields=["state"])
    event = events.CandidateDecided(
        subject=_id(candidate), revision=revision.number, outcome=outcome, digest=digest, reason=reason.strip()
    )
    leaf = _record(event, candidate=candidate, by=by, at=at)
    decision = Decision.objects.create(
        revision=revision,
        outcome=outcome,
        document=canonical.encode(document),
        digest=digest,
        decided_by=by,
        decided_at=at,
        leaf_id=leaf,
    )
    if outcome == "approved":
        days = int(revision.content()["policy"]["validity_days"])
        issuing.issue(decision=decision, valid_until=at + timedelta(days=days), by=by, at=at)
    return decision


def newest_revision(candidate: ReleaseCandidate) -> CandidateRevision:
    """Return the revision that is signed and decided."""
    return candidate.revisions.select_related("report", "specification", "candidate__system").latest("number")


def _add_revision(
    candidate: ReleaseCandidate, draft: dossier.Draft, *, number: int, event: Any, by: User, at: datetime
) -> CandidateRevision:
    leaf = _record(event, candidate=candidate, by=by, at=at)
    return CandidateRevision.objects.create(
        candidate=candidate,
        number=number,
        artifact_digest=draft.artifact_digest,
        specification=draft.specification,
        report=draft.report,
        document=draft.document,
        lineage=draft.lineage,
        digest=draft.digest,
        made_by=by,
        made_at=at,
        leaf_id=leaf,
    )


def _check_shown(revision: CandidateRevision, shown_digest: str, *, at: datetime, stale_too: bool = False) -> None:
    """What was shown is the newest revision and, unless it may be `stale_too` as a rejected one may, up to date."""
    because = "" if stale_too else standing.stale_because(revision, at=at)
    if because:
        raise Conflict(f"This revision is out of date: {because} Refresh the candidate.", code="stale-candidate")
    if shown_digest != revision.digest:
        raise Conflict("What you were shown is not the newest revision. Read it again.", code="stale-candidate")


def _reason(reason: str) -> str:
    if not reason.strip():
        problem = Problem("reason", "is empty.", "Say why.")
        raise Invalid(str(problem), problems=(problem,))
    return reason.strip()


def _locked(candidate_id: int) -> ReleaseCandidate:
    # The system first, as whoever brings in evidence or a specification does: what is judged current stays so.
    if key := ReleaseCandidate.objects.filter(pk=candidate_id).values_list("system__key", flat=True).first():
        locked_system(key)
    candidate = (
        ReleaseCandidate.objects.select_for_update(of=("self",))
        .select_related("system", "model_version__registered_model__server", "model_version__run", "opened_by")
        .filter(pk=candidate_id)
        .first()
    )
    if candidate is None:
        raise no_such(policies.CANDIDATE)
    return candidate


def _id(candidate: ReleaseCandidate) -> str:
    return f"candidate:{candidate.pk}"


def _record(event: Any, *, candidate: ReleaseCandidate, by: User, at: datetime) -> int:
    return audit.record(event=event, actor=by.actor, system=candidate.system.key, at=at)
