"""Everything that an approval rests on, gathered from the tables: the one source of every export format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from governance import canonical
from governance.approvals.events import ApprovalEnded, CandidateDecided, CandidateOpened, CandidateSigned
from governance.approvals.models import Approval, AttestationKey, CandidateRevision
from governance.audit import selectors as audit
from governance.audit.event import Event
from governance.audit.models import SealedField
from governance.deliberation import counting
from governance.deliberation.events import DeliberationPrepared, PositionStated, VotingOpened
from governance.deliberation.models import Deliberation
from governance.evidence import selectors as evidence
from governance.evidence.models import EvaluationRun
from governance.exports import layout
from governance.exports.checks.values import DESIGN
from governance.gates import selectors as gates
from governance.gates.events import RouteClosed
from governance.gates.models import GateReport
from governance.specs.models import MetricSheet
from lineage.digests import manifest_from

OPENED = {CandidateSigned.type, CandidateDecided.type, PositionStated.type, ApprovalEnded.type}
"""Events whose confidential fields a reader of the approval needs: reasons and dissent. Others stay withheld."""


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """`documents` by their path in a bundle, and the ids of the leaves that everything rests on, in ascending order."""

    documents: dict[str, bytes]
    leaves: tuple[int, ...]


def compile_dossier(*, approval: Approval, signing_key: str) -> Dossier:
    """Gather what `approval` rests on; `signing_key` is the id of the attestation key that will sign the export."""
    revision = approval.decision.revision
    evaluations = _evaluations(revision.report)
    documents = {
        layout.STATEMENT: bytes(approval.envelope),
        layout.DECISION: bytes(approval.decision.document),
        layout.CANDIDATE: bytes(revision.document),
        layout.SPECIFICATION: bytes(revision.specification.document),
        layout.SPECIFICATION_TEXT: revision.specification.text.encode(),
        layout.POPULATIONS: canonical.encode(revision.specification.populations),
        layout.REPORT: bytes(revision.report.document),
        layout.FILES: canonical.encode(_files(approval)),
        layout.LINEAGE: bytes(revision.lineage),
    }
    documents |= _deliberation(revision.specification.deliberation)
    documents |= {layout.evidence(row.digest): canonical.encode(_evaluation(row)) for row in evaluations}
    sheets = _sheets(revision)
    documents |= {layout.sheet(row.digest): bytes(row.document) for row in sheets}
    leaves = {*_leaves(approval), *(row.leaf_id for row in evaluations), *(row.approval.leaf_id for row in sheets)}
    keys = AttestationKey.objects.filter(key_id__in=[approval.key_id, signing_key])
    return Dossier(documents=documents, leaves=tuple(sorted(leaves | set(keys.values_list("leaf_id", flat=True)))))


def disclosures(leaf_ids: Iterable[int]) -> list[tuple[int, str, str, Any]]:
    """Return (leaf id, field, salt in hexadecimal, value) of each reason and dissent that was not erased."""
    fields = SealedField.objects.filter(leaf_id__in=list(leaf_ids), leaf__type__in=OPENED)
    return [
        (field.leaf_id, field.name, bytes(field.salt).hex(), orjson.loads(bytes(field.value)))
        for field in fields.order_by("leaf_id", "name")
    ]


def _files(approval: Approval) -> Any:
    signed = approval.decision.revision.content()["model"]["manifest"]
    held = approval.model_version.digests.filter(digest=approval.artifact_digest).order_by("-pk")
    return next((row.manifest for row in held if manifest_from(row.manifest).fingerprint == signed), [])


def _deliberation(deliberation: Deliberation) -> dict[str, bytes]:
    return {
        layout.DESIGN: canonical.encode({name: getattr(deliberation, name) for name in DESIGN}),
        layout.OUTCOME: canonical.encode(deliberation.outcome.document),
    }


def _sheets(revision: CandidateRevision) -> list[MetricSheet]:
    """The sheets that the signers were shown, as they were approved then."""
    shown = {row["metric"]: row["sheet"] for row in revision.content()["metrics"]}
    rows = MetricSheet.objects.filter(system=revision.candidate.system, digest__in=shown.values())
    approved = rows.filter(approval__approved_at__lte=revision.made_at).select_related("approval")
    approved = approved.order_by("metric", "-pk")
    return [row for row in approved.distinct("metric") if shown[row.metric] == row.digest]


def _evaluations(report: GateReport) -> list[EvaluationRun]:
    digests = [digest for _, digest in report.evidence]
    rows = evidence.evaluations(report.model_version).filter(specification=report.specification, digest__in=digests)
    return list(rows.order_by("pk"))


def _evaluation(row: EvaluationRun) -> dict[str, Any]:
    """The document whose digest was recorded when the evaluation was read."""
    return {
        "run": row.run_id,
        "model": row.model_digest,
        "level": row.level,
        "evaluated_at": row.evaluated_at.isoformat(),
        "datasets": row.datasets,
        "table": row.table_digest,
        "file": row.file,
        "observations": [observation.document for observation in row.observations.order_by("pk")],
        "signals": row.signals,
    }


def _leaves(approval: Approval) -> list[int]:
    revision = approval.decision.revision
    candidate, deliberation = revision.candidate, revision.specification.deliberation
    checkpoint = evidence.checkpoint_of(candidate.model_version)
    ending = getattr(approval, "ending", None)
    rows: list[Any] = [
        approval,
        approval.decision,
        revision,
        revision.report,
        revision.specification,
        deliberation.outcome,
    ]
    rows += [*revision.sign_offs.all(), *candidate.conflicts.all(), *counting.newest_ballots(deliberation)]
    rows += [*deliberation.positions.filter(kind="dissent"), *(row for row in (checkpoint, ending) if row)]
    found = [int(row.leaf_id) for row in rows]
    for kind in (DeliberationPrepared, VotingOpened):
        found += _of(kind, subject=f"deliberation:{deliberation.pk}")
    for route in gates.routes(revision.report):
        found += _of(RouteClosed, subject=f"route:{route.pk}")
    return found + _of(CandidateOpened, subject=f"candidate:{candidate.pk}")


def _of(kind: type[Event], *, subject: str) -> list[int]:
    return [entry.leaf_id for entry in audit.entries(subject=subject, event_type=kind.type)]
