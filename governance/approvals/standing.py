"""From rows to the facts that the pure policy judges."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from governance.approvals import judging, policy
from governance.approvals.models import CandidateRevision, ConflictDeclaration, ReleaseCandidate, SignOff
from governance.evidence import selectors as evidence
from governance.evidence import signatures
from governance.gates import selectors as gates
from governance.gates.wording import moment
from governance.specs import selectors as specs
from governance.systems.models import RoleGrant


def separated(candidate: ReleaseCandidate) -> dict[str, str]:
    """Return who may neither sign nor decide (opaque id → why): who registered, evaluated or trained it, who opened
    the candidate, who closed a route that held it up, and who declared a conflict of interest."""
    version = candidate.model_version
    people = {str(candidate.opened_by_id): "You opened this candidate."}
    for maker in candidate.revisions.values_list("made_by", flat=True):
        people.setdefault(str(maker), "You brought this candidate up to date.")
    newest = candidate.revisions.select_related("report").order_by("-number").first()
    for closer in gates.closers(newest.report) if newest else ():
        people[closer] = "You closed a route of its gate report."
    people |= evidence.makers(version)
    alike = {"candidate__model_version": version, "candidate__context_key": candidate.context_key}
    for conflict in ConflictDeclaration.objects.filter(**alike):
        people[str(conflict.user_id)] = "You declared a conflict of interest."
    return people


def stale_because(revision: CandidateRevision, *, at: datetime) -> str:
    """Return why the revision no longer shows what is there at `at`, or an empty string."""
    candidate = revision.candidate
    in_force = specs.in_force(system=candidate.system)
    if in_force is None or in_force.pk != revision.specification_id:
        return "another specification is in force."
    report = gates.latest_report(version=candidate.model_version, context_key=candidate.context_key)
    if report is None or report.digest != revision.report.digest:
        return "the gate has judged it anew, on newer evidence or against another incumbent."
    if newer := gates.newer_evidence(report):
        return (
            f"there is newer evidence, read since {moment(newer.since)}, which the gate has not judged yet. Have it "
            f"judged ({gates.asking_anew(report)}), and bring the candidate up to date."
        )
    if gates.answers(revision.report) != revision.content()["routes"]:
        return "a route of its gate report was closed since."
    serving = judging.incumbent(
        system_key=candidate.system.key, version=candidate.model_version, context_key=candidate.context_key, at=at
    )
    if judging.compared_with_another(report, serving):
        return "another version serves the context than the gate compared it with."
    if withdrawn := gates.withdrawn_behind(report):
        return f"the provenance sheet of {', '.join(withdrawn)} was withdrawn."
    if gates.sheets_behind(report) != revision.content()["metrics"]:
        return "the provenance sheet of a metric is another by now."
    signed, current = revision.content()["model"], candidate.model_version.current_digest
    if current is None or (current.digest, current.fingerprint) != (signed["digest"], signed["manifest"]):
        return "the model's bytes are others than those that were judged."
    if signatures.signature(candidate.model_version, system=candidate.system) != revision.content()["signature"]:
        return "what is known of the signature on the model's files is another by now."
    if candidate.model_version.is_altered:
        return "the model's files were changed after it was registered in MLflow."
    if candidate.model_version.vanished_at is not None:
        return "the model version has vanished from MLflow."
    return ""


def standing(revision: CandidateRevision, *, at: datetime, barred: Collection[str] | None = None) -> policy.Standing:
    """Return how each requirement of the pinned policy stands at `at`; `barred` are those whom `separated` names,
    where the caller has asked already."""
    signed = [
        policy.SignedOff(actor=str(s.user_id), role=s.role, group=s.group_key, stance=s.stance)
        for s in revision.sign_offs.select_related("user").order_by("pk")
        if policy.counts(stance=s.stance, in_office=in_office(s, at=at))
    ]
    facts = policy.Facts(
        verdict=revision.report.verdict,
        open_routes=gates.open_routes(revision.report).count(),
        sign_offs=signed,
        separated=frozenset(separated(revision.candidate) if barred is None else barred),
        revised_at=revision.made_at,
        at=at,
        stale_because=stale_because(revision, at=at),
    )
    return policy.standing(policy=revision.content()["policy"], facts=facts)


def in_office(sign_off: SignOff, *, at: datetime) -> bool:
    """Say whether whoever signed still holds, at `at`, the role in which they signed."""
    grants = RoleGrant.objects.running(at=at).filter(system=sign_off.revision.candidate.system, user=sign_off.user)
    return sign_off.user.is_active and grants.filter(role=sign_off.role, group_key=sign_off.group_key).exists()
