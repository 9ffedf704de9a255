"""Who may open, sign, decide and end, and from which state."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from governance.accounts.models import User
from governance.accounts.policies import check_machine
from governance.approvals.models import Approval, CandidateRevision, ReleaseCandidate
from governance.approvals.policy import REPRESENTATIVE, STANCES, Standing
from governance.approvals.states import ApprovalState, CandidateState
from governance.errors import Conflict, Invalid, NotAllowedNow, NotPermitted, Problem
from governance.systems.models import AISystem
from governance.systems.policies import check_known, check_permission, held_groups, held_roles
from lineage.models import ModelVersion

CANDIDATE = "release candidate"
SIGNING_ROLES = ("board_member", REPRESENTATIVE)
LARGE_BYTES = 4 << 30


def check_can_open(*, by: User, system: AISystem, at: datetime) -> None:
    """Engineers open release candidates."""
    check_permission(by=by, permission="candidate.open", system=system, at=at)


def check_can_change(*, by: User, candidate: ReleaseCandidate, at: datetime) -> None:
    """Engineers refresh and withdraw a candidate while it is open."""
    check_permission(by=by, permission="candidate.open", system=candidate.system, at=at, what=CANDIDATE)
    _check_open(candidate)


def check_can_ask_to_decide(*, by: User, candidate: ReleaseCandidate, at: datetime) -> None:
    """Whoever may decide may have Edgewise look at the files for it, while the candidate is open."""
    check_permission(by=by, permission="candidate.decide", system=candidate.system, at=at, what=CANDIDATE)
    _check_open(candidate)


def check_looked_at(*, version: ModelVersion, at: datetime) -> None:
    """What is put forward or approved are files that Edgewise hashed just before."""
    if not is_looked_at(version=version, at=at):
        raise NotAllowedNow(f"The files of {version.uri} have to be hashed again first.", code="files-unchecked")


def is_looked_at(*, version: ModelVersion, at: datetime) -> bool:
    """Whether the last look at the version's files counts at `at`. One at large files does for longer: a worker takes
    minutes over them."""
    counts = settings.DIGEST_MAX_AGE if is_large(version) else settings.LOOK_MAX_AGE
    return version.is_digest_fresh(at=at, max_age_seconds=counts.total_seconds())


def is_large(version: ModelVersion) -> bool:
    """Whether hashing the version's files takes longer than anybody waits for a page."""
    current = version.current_digest
    return current is not None and current.total_bytes >= LARGE_BYTES


def check_can_declare_conflict(*, by: User, candidate: ReleaseCandidate, at: datetime) -> None:
    """Whoever might sign may say that they must not."""
    check_permission(by=by, permission="candidate.sign", system=candidate.system, at=at, what=CANDIDATE)
    _check_open(candidate)
    if candidate.conflicts.filter(user=by).exists():
        raise Conflict("You have declared a conflict of interest already.")


def check_can_sign(
    *, by: User, revision: CandidateRevision, role: str, group: str, separated: dict[str, str], at: datetime
) -> None:
    """Board members and representatives sign, once, the revision they were shown; those separated never do.

    `separated` maps opaque ids to why their holder cannot approve.
    """
    candidate = revision.candidate
    check_known(by=by, system=candidate.system, at=at, what=CANDIDATE)
    if because := separated.get(by.actor):
        raise NotPermitted(f"You cannot sign this candidate: {because}", code="separation-of-duties")
    check_permission(by=by, permission="candidate.sign", system=candidate.system, at=at, what=CANDIDATE)
    _check_open(candidate)
    _check_capacity(by=by, system=candidate.system, role=role, group=group, at=at)
    if revision.sign_offs.filter(user=by).exists():
        raise Conflict("You have signed this revision; a sign-off is final.", code="signed-already")


def check_stance(*, stance: str, reason: str) -> None:
    """A stance is one of three, and objecting or abstaining needs a reason."""
    if stance not in STANCES:
        problem = Problem("stance", f"“{stance}” is unknown.", f"Use one of {', '.join(STANCES)}.")
    elif stance != "approve" and not reason.strip():
        problem = Problem("reason", "is empty.", "Say why you object or abstain.")
    else:
        return
    raise Invalid(str(problem), problems=(problem,))


def check_can_decide(
    *, by: User, candidate: ReleaseCandidate, outcome: str, standing: Standing, separated: dict[str, str], at: datetime
) -> None:
    """A board member who is not separated decides; approving needs every requirement of the policy met."""
    check_known(by=by, system=candidate.system, at=at, what=CANDIDATE)
    if because := separated.get(by.actor):
        raise NotPermitted(f"You cannot decide this candidate: {because}", code="separation-of-duties")
    check_permission(by=by, permission="candidate.decide", system=candidate.system, at=at, what=CANDIDATE)
    _check_open(candidate)
    if outcome not in ("approved", "rejected"):
        problem = Problem("outcome", f"“{outcome}” is unknown.", "Use approved or rejected.")
        raise Invalid(str(problem), problems=(problem,))
    if outcome == "approved" and not standing.met:
        problems = tuple(Problem(r.key, r.sentence) for r in standing.unmet)
        raise NotAllowedNow(
            "The approval policy is not met: " + " ".join(r.sentence for r in standing.unmet),
            code="policy-unmet",
            problems=problems,
        )


def check_can_revoke(*, by: User, approval: Approval, at: datetime) -> None:
    """Board members revoke an approval that stands."""
    check_permission(by=by, permission="approval.revoke", system=approval.system, at=at, what="approval")
    if approval.state != ApprovalState.ACTIVE:
        raise NotAllowedNow(f"This approval is {approval.state} already.")


def check_can_lapse(*, by: User, approval: Approval, reason: str) -> None:
    """Edgewise itself records that an approval lapsed, when there is a reason to."""
    check_machine(by=by)
    if approval.state != ApprovalState.ACTIVE:
        raise NotAllowedNow(f"This approval is {approval.state} already.")
    if not reason:
        raise NotAllowedNow("This approval still stands.")


def _check_open(candidate: ReleaseCandidate) -> None:
    if candidate.state != CandidateState.OPEN:
        raise NotAllowedNow(f"This candidate is {candidate.state}; nothing about it changes any more.")


def _check_capacity(*, by: User, system: AISystem, role: str, group: str, at: datetime) -> None:
    if role not in SIGNING_ROLES:
        problem = Problem("role", f"“{role}” does not sign.", f"Sign as {' or '.join(SIGNING_ROLES)}.")
        raise Invalid(str(problem), problems=(problem,))
    if role not in held_roles(by=by, system=system, at=at):
        raise NotPermitted(f"You are not {role.replace('_', ' ')} of {system.name}.")
    if role == REPRESENTATIVE and group not in held_groups(by=by, system=system, role=role, at=at):
        raise NotPermitted(f"You do not speak for the group “{group}”.")
    if role != REPRESENTATIVE and group:
        problem = Problem("group", f"does not fit the role {role}.", "Leave it out.")
        raise Invalid(str(problem), problems=(problem,))
