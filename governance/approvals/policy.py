"""When is a release candidate approvable? Pure: facts in, one requirement after the other out.

The rule is the approval policy that the candidate's revision pinned; nothing here reads the rule of today. What is not
known counts as unmet: a policy error means *not approved*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

APPROVE, OBJECT, ABSTAIN = "approve", "object", "abstain"
STANCES = (APPROVE, OBJECT, ABSTAIN)
REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True)
class SignedOff:
    """One sign-off on the revision: who (opaque id), in which role, for which group, and how."""

    actor: str
    role: str
    group: str
    stance: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a revision at `at`. `separated` are the opaque ids of those who registered, trained or
    evaluated, or declared a conflict: their word never counts."""

    verdict: str
    open_routes: int
    sign_offs: Sequence[SignedOff]
    separated: frozenset[str]
    revised_at: datetime
    at: datetime
    stale_because: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must hold, whether it does, and a sentence that says how it stands. For a quorum, `have` of
    `need` are given."""

    key: str
    met: bool
    sentence: str
    have: int | None = None
    need: int | None = None

    def document(self) -> dict[str, Any]:
        """Return the requirement as it stands in a decision's document."""
        counts = {} if self.need is None else {"have": self.have, "need": self.need}
        return {"key": self.key, "met": self.met, "sentence": self.sentence} | counts


@dataclass(frozen=True, slots=True)
class Standing:
    """Every requirement of the policy, met or not."""

    requirements: tuple[Requirement, ...] = field(default=())

    @property
    def met(self) -> bool:
        """Whether all requirements hold; with none to judge by, they do not."""
        return bool(self.requirements) and all(requirement.met for requirement in self.requirements)

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """The requirements that do not hold."""
        return tuple(requirement for requirement in self.requirements if not requirement.met)


def counts(*, stance: str, in_office: bool) -> bool:
    """Say whether a sign-off counts: an approval while its signer holds the role, an objection whatever becomes of
    it, so that nobody's word against a release is lifted by taking their role away."""
    return in_office or stance == OBJECT


def standing(*, policy: dict[str, Any], facts: Facts) -> Standing:
    """Judge `facts` by `policy`, the `approval_policy` of a canonical specification document."""
    counted = [s for s in facts.sign_offs if s.actor not in facts.separated]
    requirements = [_current(facts), _gate(facts), _routes(facts)]
    requirements += [_quorum(rule, counted) for rule in policy["sign_offs"]]
    requirements += [_veto(group, counted) for group in policy.get("veto_groups", [])]
    requirements.append(_cooling_off(int(policy.get("cooling_off_hours", 0)), facts))
    return Standing(tuple(requirements))


def _current(facts: Facts) -> Requirement:
    if facts.stale_because:
        return Requirement("current", False, f"This revision is out of date: {facts.stale_because}")
    return Requirement("current", True, "Specification, evidence and bytes are those that were shown.")


def _gate(facts: Facts) -> Requirement:
    if facts.verdict == "PASS":
        return Requirement("gate", True, "The gate says PASS.")
    if facts.verdict == "NEEDS_DELIBERATION" and not facts.open_routes:
        return Requirement("gate", True, "The gate asked for deliberation, and every route has been closed.")
    return Requirement("gate", False, f"The gate says {facts.verdict.replace('_', ' ')}.")


def _routes(facts: Facts) -> Requirement:
    if facts.open_routes:
        return Requirement("routes", False, f"{facts.open_routes} route(s) opened by edge signals still wait.")
    return Requirement("routes", True, "No route is open.")


def _quorum(rule: dict[str, Any], sign_offs: Sequence[SignedOff]) -> Requirement:
    role, need, group = rule["role"], int(rule["count"]), rule.get("group") or ""
    approving = {
        s.actor for s in sign_offs if s.stance == APPROVE and s.role == role and (not group or s.group == group)
    }
    who = role.replace("_", " ") + (f" of {group}" if group else "")
    sentence = f"{len(approving)} of {need} approving sign-offs by a {who}."
    key = f"sign-offs:{role}" + (f":{group}" if group else "")
    return Requirement(key, len(approving) >= need, sentence, have=len(approving), need=need)


def _veto(group: str, sign_offs: Sequence[SignedOff]) -> Requirement:
    words = [s.stance for s in sign_offs if s.role == REPRESENTATIVE and s.group == group]
    if OBJECT in words:
        return Requirement(f"veto:{group}", False, f"{group} vetoes it.")
    if not words:
        return Requirement(f"veto:{group}", False, f"{group} may veto and has not been heard yet.")
    return Requirement(f"veto:{group}", True, f"{group} was heard and does not veto.")


def _cooling_off(hours: int, facts: Facts) -> Requirement:
    over = facts.revised_at + timedelta(hours=hours)
    if facts.at < over:
        return Requirement(
            "cooling-off", False, f"The cooling-off time of {hours} h runs until {over:%Y-%m-%d %H:%M} UTC."
        )
    return Requirement("cooling-off", True, "The cooling-off time is over.")
