"""Reading candidates and approvals, as far as the reader may see them, and answering a pipeline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.approvals import endings, standing
from governance.approvals.models import Approval, CandidateRevision, ReleaseCandidate, SignOff
from governance.approvals.policy import Requirement, Standing
from governance.audit.sealed import read_together
from governance.errors import NotFound, no_such
from governance.evidence import selectors as evidence
from governance.gates import selectors as gates
from governance.gates import shortfalls
from governance.gates.models import GateReport
from governance.gates.selectors import Newer
from governance.gates.wording import moment
from governance.specs import selectors as specs
from governance.systems.models import AISystem
from lineage.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Unmet(Requirement):
    """A requirement that does not hold, with what would change it, and the versions that it compares, where there is
    something to say."""

    would_change: str = ""
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pipeline is told: whether these bytes are approved for the context, by which approval until when, and
    otherwise each requirement that is not met, and whether there is evidence that the gate has not judged."""

    allowed: bool
    context_key: str
    digest: str
    approval: Approval | None
    unmet: tuple[Unmet, ...]
    newer_evidence: Newer | None = None

    def document(self) -> dict[str, Any]:
        """Return the answer as JSON data."""
        return {
            "allowed": self.allowed,
            "context": self.context_key,
            "digest": self.digest,
            "approval": self.approval.pk if self.approval else None,
            "valid_until": self.approval.valid_until.isoformat() if self.approval and self.allowed else None,
            "unmet": [
                {"key": u.key, "sentence": u.sentence, "would_change": u.would_change, "versions": list(u.versions)}
                for u in self.unmet
            ],
            "newer_evidence": self.newer_evidence.document() if self.newer_evidence else None,
        }


def check(
    *, version: ModelVersion, context_key: str, digest: str, system: AISystem, at: datetime, quoting: bool = True
) -> Answer:
    """Answer whether the bytes `digest` of `version` are approved for exactly this context at `at`.

    Everything that is missing, unknown or unreadable is an unmet requirement; nothing else than an approval that
    holds allows anything. Without `quoting` no words of people are in the answer, so that it may be kept.
    """
    approvals = Approval.objects.filter(system=system, artifact_digest=digest, context_key=context_key)
    newest = approvals.select_related("specification", "model_version", "system", "ending").order_by("-pk").first()
    because = endings.ended_because(newest, at=at, quoting=quoting) if newest else ""
    if newest is not None and not because and newest.model_version_id == version.pk:
        return Answer(True, context_key, digest, newest, ())
    report = gates.latest_report(version=version, context_key=context_key)
    newer = gates.newer_evidence(report) if report else None
    unmet = [Unmet("approval", False, because or f"There is no approval of these bytes for {context_key}.")]
    if digest != version.digest:
        unmet.append(Unmet("bytes", False, f"These bytes are not those of {version.uri}."))
    if evidence.checkpoint_of(version) is None:
        unmet.append(Unmet("registration", False, f"{version.uri} has not been registered."))
    if report is None:
        unmet.append(Unmet("gate", False, f"The gate has not judged it for {context_key}: not evaluated."))
    else:
        unmet += _by_the_gate(report, newer, at=at)
    return Answer(False, context_key, digest, newest, tuple(unmet), newer)


def candidates(*, by: User, system: AISystem | None = None) -> QuerySet[ReleaseCandidate]:
    """Return the candidates that `by` may see, newest first."""
    rows = ReleaseCandidate.objects.visible_to(by).select_related("system", "model_version__registered_model__server")
    rows = rows.order_by("-pk")
    return rows if system is None else rows.filter(system=system)


def candidate(*, candidate_id: int, by: User) -> ReleaseCandidate:
    """Return one candidate; raise NotFound when it is missing or `by` may not see it."""
    found = candidates(by=by).filter(pk=candidate_id).first()
    if found is None:
        raise no_such("release candidate")
    return found


def newest_revision(candidate: ReleaseCandidate) -> CandidateRevision:
    """Return what is signed and decided now; its `candidate` is the one that was given."""
    found = _revisions(candidate).latest("number")
    found.candidate = candidate
    return found


def revision(*, candidate: ReleaseCandidate, number: int) -> CandidateRevision:
    """Return one revision of a candidate (that the reader may see); raise NotFound."""
    found = _revisions(candidate).filter(number=number).first()
    if found is None:
        raise NotFound(f"{candidate} has no revision {number}.")
    return found


def sign_offs(revision: CandidateRevision) -> list[SignOff]:
    """Return the sign-offs on a revision, with their reasons, in order."""
    found = list(revision.sign_offs.select_related("user").order_by("pk"))
    read_together(found)
    return found


def standing_of(revision: CandidateRevision, *, at: datetime, barred: Collection[str] | None = None) -> Standing:
    """Return how each requirement stands (see `standing.standing`); for a decided revision, as it stood at the
    decision."""
    decision = getattr(revision, "decision", None)
    if decision is None:
        return standing.standing(revision, at=at, barred=barred)
    return Standing(tuple(Requirement(**row) for row in decision.content()["requirements"]))


def approvals(*, by: User, system: AISystem | None = None) -> QuerySet[Approval]:
    """Return the approvals that `by` may see, newest first."""
    rows = Approval.objects.visible_to(by).select_related(
        "system", "specification", "model_version__registered_model", "decision__revision__candidate", "ending"
    )
    rows = rows.order_by("-pk")
    return rows if system is None else rows.filter(system=system)


def approval(*, approval_id: int, by: User) -> Approval:
    """Return one approval; raise NotFound when it is missing or `by` may not see it."""
    found = approvals(by=by).filter(pk=approval_id).first()
    if found is None:
        raise no_such("approval")
    return found


def holding(*, system: AISystem, version: ModelVersion, context_key: str, at: datetime) -> Approval | None:
    """Return the approval under which a version may be live in a context at `at`, if one holds."""
    answer = check(version=version, context_key=context_key, digest=version.digest, system=system, at=at)
    return answer.approval if answer.allowed else None


def _revisions(candidate: ReleaseCandidate) -> QuerySet[CandidateRevision]:
    return candidate.revisions.select_related("report", "specification__deliberation__outcome", "candidate__system")


def _by_the_gate(report: GateReport, newer: Newer | None, *, at: datetime) -> list[Unmet]:
    """What the newest report holds against a version, or who has to sign what it lets through; first of all that the
    report itself is not about what is there now."""
    outdated = _outdated(report, newer)
    unmet = list(outdated)
    candidate = report.model_version.candidates.filter(context_key=report.context_key, state="open").first()
    if candidate is not None:
        stands = standing.standing(newest_revision(candidate), at=at)
        said = {found.key for found in outdated}
        unmet += [Unmet(r.key, False, r.sentence, r.have, r.need) for r in stands.unmet if r.key not in said]
        if all(r.met for r in stands.requirements if r.key == "gate"):
            return unmet
    if report.verdict != "PASS":
        unmet += _shortfalls(report, before=f"By the report of {moment(report.judged_at)}: " if outdated else "")
    return unmet


def _outdated(report: GateReport, newer: Newer | None) -> list[Unmet]:
    in_force = specs.in_force(system=report.system)
    of = f"the gate's report is of {moment(report.judged_at)}"
    if in_force is not None and in_force.pk != report.specification_id:
        since = f"specification {in_force.version} is in force since {moment(in_force.ratified_at)}"
        what = f"{since}, and {of}, under {report.specification.version}."
    elif newer is not None:
        runs = ", ".join(newer.runs) or "recorded since"
        what = f"newer evidence ({runs}) was read since {moment(newer.since)}, and {of}: it does not know it."
    elif report.model_digest != report.model_version.digest:
        what = f"{of}, and about other bytes than the model has now."
    else:
        return []
    how = f"Have what is there now judged: {gates.asking_anew(report)}"
    return [Unmet("current", False, what[0].upper() + what[1:], would_change=how)]


def _shortfalls(report: GateReport, *, before: str) -> list[Unmet]:
    found = shortfalls.of(report.content())
    named = gates.compared(report) if any(fell.subjects for fell in found) else {}
    return [
        Unmet("gate", False, before + fell.sentence, would_change=fell.would_change, versions=fell.versions(named))
        for fell in found
    ]
