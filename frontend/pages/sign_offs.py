"""Who must sign a candidate, who did, and who may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.approvals import policies, selectors
from governance.approvals.models import CandidateRevision, SignOff
from governance.approvals.policy import Requirement, Standing
from governance.systems import selectors as systems
from governance.systems.models import RoleGrant
from governance.systems.policies import can, held_roles

SIGNS = {"approve": "approves", "object": "objects", "abstain": "abstains"}


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who may sign in one capacity: what they said, or why they may not."""

    user: User
    group: str
    sign_off: SignOff | None
    barred: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """One rule of the policy, with how many of how many approve, and everybody who could."""

    role: str
    group: str
    requirement: Requirement
    signers: tuple[Signer, ...]


def quorums(
    *, revision: CandidateRevision, standing: Standing, separated: dict[str, str], at: datetime
) -> list[Quorum]:
    """Return every sign-off rule of the policy that the revision pinned, as it stands."""
    given = {sign_off.user_id: sign_off for sign_off in selectors.sign_offs(revision)}
    found = []
    for requirement in standing.requirements:
        if requirement.key.startswith("sign-offs:"):
            _, role, group = f"{requirement.key}:".split(":")[:3]
            signers = _signers(revision, role=role, group=group, given=given, separated=separated, at=at)
            found.append(Quorum(role, group, requirement, signers))
    return found


def stale(standing: Standing) -> str:
    """Return why a revision is out of date, so that nobody can sign it; empty while it is current."""
    return next((r.sentence for r in standing.unmet if r.key == "current"), "")


def capacities(
    *, revision: CandidateRevision, standing: Standing, separated: dict[str, str], by: User, at: datetime
) -> list[tuple[str, str]]:
    """Return in which capacities `by` may sign now, as pairs of form value and words."""
    if stale(standing):
        return []
    held = systems.grants(system=revision.candidate.system, at=at).filter(user=by, role__in=policies.SIGNING_ROLES)
    return [
        _capacity(grant)
        for grant in held
        if can(
            policies.check_can_sign,
            by=by,
            revision=revision,
            role=grant.role,
            group=grant.group_key,
            separated=separated,
            at=at,
        )
    ]


def may_decide(
    *, revision: CandidateRevision, outcome: str, standing: Standing, separated: dict[str, str], by: User, at: datetime
) -> bool:
    """Say whether `by` may decide the candidate so now."""
    return can(
        policies.check_can_decide,
        by=by,
        candidate=revision.candidate,
        outcome=outcome,
        standing=standing,
        separated=separated,
        at=at,
    )


def barred(*, revision: CandidateRevision, separated: dict[str, str], by: User, at: datetime) -> str:
    """Return why `by`, who holds a role that signs, may not; empty for everybody else."""
    holds = held_roles(by=by, system=revision.candidate.system, at=at) & set(policies.SIGNING_ROLES)
    return separated.get(by.actor, "") if holds else ""


def _capacity(grant: RoleGrant) -> tuple[str, str]:
    if grant.group_key:
        return f"{grant.role}:{grant.group_key}", f"{grant.role} of {grant.group_key.replace('-', ' ')}"
    return grant.role, grant.role.replace("_", " ")


def _signers(
    revision: CandidateRevision,
    *,
    role: str,
    group: str,
    given: dict[UUID, SignOff],
    separated: dict[str, str],
    at: datetime,
) -> tuple[Signer, ...]:
    signed = [s for s in given.values() if s.role == role and (not group or s.group_key == group)]
    found = {s.user_id: Signer(s.user, s.group_key, s, _third(separated, s.user)) for s in signed}
    grants = systems.grants(system=revision.candidate.system, at=at).filter(role=role)
    for grant in grants.filter(group_key=group) if group else grants:
        if grant.user_id not in given:
            found.setdefault(grant.user_id, Signer(grant.user, grant.group_key, None, _third(separated, grant.user)))
    return tuple(found.values())


def _third(separated: dict[str, str], user: User) -> str:
    """Say of somebody else what the policy says to them."""
    return separated.get(user.actor, "").removeprefix("You ")
