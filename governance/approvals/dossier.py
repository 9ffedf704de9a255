"""The documents that people sign and decide: everything they rest on, by digest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import canonical
from governance.accounts.models import User
from governance.approvals import judging
from governance.approvals.models import CandidateRevision, ReleaseCandidate
from governance.approvals.policy import Standing
from governance.approvals.standing import in_office
from governance.errors import NotAllowedNow, NotFound
from governance.evidence import selectors as evidence
from governance.evidence import signatures
from governance.evidence.models import Checkpoint
from governance.evidence.policies import check_unaltered
from governance.gates import selectors as gates
from governance.gates.models import GateReport
from governance.gates.wording import moment
from governance.specs import selectors as specs
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem
from lineage.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision before it is stored: the canonical bytes of its document, and what it points to."""

    artifact_digest: str
    specification: SpecificationVersion
    report: GateReport
    document: bytes
    lineage: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What a revision rests on."""

    specification: SpecificationVersion
    checkpoint: Checkpoint
    report: GateReport
    objectives: list[dict[str, Any]]
    signature: dict[str, Any] | None


def basis(*, system: AISystem, version: ModelVersion, context_key: str, at: datetime) -> Basis:
    """Return what a revision for these would rest on: registered, judged under the specification in force.

    Raises NotFound, NotAllowedNow or Conflict, saying what is missing and how to get it.
    """
    specification = specs.require_in_force(system=system)
    checkpoint = evidence.checkpoint_of(version)
    if checkpoint is None:
        raise NotFound(f"{version.uri} is not registered. Run edgewise register {version.uri}.", code="unregistered")
    check_unaltered(version=version)
    report = gates.latest_report(version=version, context_key=context_key)
    if report is None or report.specification_id != specification.pk:
        raise NotFound(f"The gate has not judged {version.uri} for {context_key} under the specification in force.")
    if newer := gates.newer_evidence(report):
        raise NotAllowedNow(
            f"There is evidence, read since {moment(newer.since)}, that the gate has not judged yet. Judge it first. "
            f"The command: {gates.asking_anew(report)}",
            code="unjudged",
        )
    if report.model_digest != version.digest:
        raise NotAllowedNow("The gate judged other bytes than the model has now.", code="digest-mismatch")
    if withdrawn := gates.withdrawn_behind(report):
        raise NotAllowedNow(
            f"The provenance sheet of {', '.join(withdrawn)} was withdrawn since the gate judged. Judge it anew.",
            code="sheet-withdrawn",
        )
    standing = judging.incumbent(system_key=system.key, version=version, context_key=context_key, at=at)
    if judging.compared_with_another(report, standing):
        raise NotAllowedNow(
            f"The gate compared it with another version than serves {context_key} now. Judge it anew.",
            code="other-incumbent",
        )
    signature = signatures.signature(version, system=system)
    return Basis(specification, checkpoint, report, _objectives(version, system), signature)


def _objectives(version: ModelVersion, system: AISystem) -> list[dict[str, Any]]:
    """What training aimed at; a policy that was learned to trade values is governed like any other model."""
    found = evidence.objectives(version, system=system)
    for stated in found:
        if stated["kind"] == "learned-policy" and not evidence.is_registered(digest=stated["digest"]):
            raise NotAllowedNow(
                f"Run {stated['run']} was steered by the learned policy {stated['policy']}, and nobody registered one "
                f"with the bytes {stated['digest'][:12]}. Register it first: edgewise register {stated['policy']}.",
                code="policy-unregistered",
            )
    return found


def compile_revision(*, candidate: ReleaseCandidate, at: datetime) -> Draft:
    """Compile what is signed: model, specification and its pinned policy, gate report, evidence, deliberation, lineage.

    Raises as `basis` does.
    """
    version = candidate.model_version
    rests_on = basis(system=candidate.system, version=version, context_key=candidate.context_key, at=at)
    specification, report = rests_on.specification, rests_on.report
    snapshot = canonical.encode(evidence.lineage_snapshot(version, system=candidate.system))
    document = {
        "schema": "edgewise/candidate/v1",
        "system": candidate.system.key,
        "context": candidate.context_key,
        "model": {
            "server": version.server.key,
            "uri": version.uri,
            "digest": version.digest,
            "manifest": version.fingerprint,
        },
        "specification": {"version": specification.version, "digest": specification.digest},
        "deliberation": _deliberation(specification),
        "gate": {"verdict": report.verdict, "digest": report.digest},
        "metrics": gates.sheets_behind(report),
        "routes": gates.answers(report),
        "evidence": evidence.shown(version=version, pairs=report.evidence),
        "evaluations_seen": evidence.seen(version=version, specification=specification),
        "lineage": {"digest": canonical.digest_bytes(snapshot)},
        "objectives": rests_on.objectives,
        "signature": rests_on.signature,
        "registered_by": str(rests_on.checkpoint.registered_by_id),
        "policy": specification.content()["approval_policy"],
    }
    encoded = canonical.encode(document)
    return Draft(
        artifact_digest=version.digest,
        specification=specification,
        report=report,
        document=encoded,
        lineage=snapshot,
        digest=canonical.digest_bytes(encoded),
    )


def decision_document(
    *,
    revision: CandidateRevision,
    standing: Standing,
    separated: Collection[str],
    outcome: str,
    by: User,
    at: datetime,
) -> dict[str, Any]:
    """Return the document of a decision: the revision, every requirement as it stood, every sign-off and dissent, and
    whose word did not count."""
    outcome_of = revision.specification.deliberation.outcome
    return {
        "schema": "edgewise/decision/v1",
        "candidate": revision.candidate_id,
        "revision": {"number": revision.number, "digest": revision.digest},
        "outcome": outcome,
        "decided_by": by.actor,
        "decided_at": at.isoformat(),
        "requirements": [requirement.document() for requirement in standing.requirements],
        "sign_offs": [
            {
                "actor": str(s.user_id),
                "role": s.role,
                "group": s.group_key,
                "stance": s.stance,
                "leaf": s.leaf_id,
                "in_office": in_office(s, at=at),
            }
            for s in revision.sign_offs.select_related("user").order_by("pk")
        ],
        "separated": sorted(separated),
        "dissent": {"deliberation": outcome_of.document["dissent"], "objections": _objections(revision)},
    }


def _objections(revision: CandidateRevision) -> list[str]:
    return [str(s.user_id) for s in revision.sign_offs.filter(stance="object").order_by("pk")]


def _deliberation(specification: SpecificationVersion) -> dict[str, Any]:
    outcome = specification.deliberation.outcome
    return {"id": specification.deliberation_id, "outcome": outcome.digest, "winner": outcome.winner}
