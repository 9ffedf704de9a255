"""From an approval, or from what is live, to everything that it rests on: one answer for an auditor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.approvals import ApprovalRow
from api.rest.candidates import DecisionRow, RevisionRow, SignOffRow
from api.rest.checkpoints import EvaluationRow, ReportDetail
from api.rest.deliberations import DeliberationDetail
from api.rest.fields import DocumentField, context_field, text_field
from api.rest.specifications import VersionDetail
from governance.accounts.models import User
from governance.approvals import selectors
from governance.approvals.models import Approval
from governance.audit import selectors as log
from governance.evidence import selectors as evidence
from governance.monitoring import selectors as monitoring
from governance.monitoring.models import Deployment
from governance.systems import selectors as systems
from lineage.models import ModelVersion


class Trace(serializers.Serializer):
    """Everything that an approval rests on, each part with its digest and its place in the log."""

    live = DocumentField(allow_null=True)
    approval = DocumentField(allow_null=True)
    decision = DocumentField(allow_null=True)
    sign_offs = serializers.ListField(child=DocumentField())
    candidate = DocumentField(allow_null=True)
    specification = DocumentField(allow_null=True)
    deliberation = DocumentField(allow_null=True)
    gate_report = DocumentField(allow_null=True)
    evidence = serializers.ListField(child=DocumentField())
    lineage = DocumentField()
    log = serializers.ListField(child=DocumentField())


class ContextNamed(Given):
    """Where; and of which registered model, where several are live."""

    context = context_field()
    model = text_field(required=False, max_length=255)


class ApprovalTrace(Endpoint):
    """From an approval to everything that it rests on."""

    @operation("approvals_approval_trace", summary="Everything that an approval rests on", gives=Trace)
    def get(self, given: dict[str, Any], approval: int) -> dict[str, Any]:
        return of_approval(selectors.approval(approval_id=approval, by=self.by), by=self.by)


class SystemTrace(Endpoint):
    """From what is live to everything that it rests on."""

    @operation(
        "approvals_live_trace",
        summary="From what is live in a context to its approval and everything that rests on",
        asks=ContextNamed,
        gives=Trace,
    )
    def get(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        found = systems.system(key=system, by=self.by)
        context = systems.context(system=found, key=given["context"])
        deployment = monitoring.live_in(system=found, context_key=context.key, model=given.get("model", ""))
        return of_deployment(deployment, by=self.by, at=self.at)


def of_deployment(deployment: Deployment, *, by: User, at: datetime) -> dict[str, Any]:
    """Return the trace of what is live; every part but `live`, `lineage` and `log` is empty without an approval."""
    version = deployment.model_version
    live = {"context": deployment.context_key, "model": version.uri, "since": deployment.since}
    approval = selectors.holding(system=deployment.system, version=version, context_key=deployment.context_key, at=at)
    found = of_approval(approval, by=by) if approval else _empty(version, by=by)
    return found | {"live": live}


def of_approval(approval: Approval, *, by: User) -> dict[str, Any]:
    """Return the trace of an approval that `by` may see."""
    decision = approval.decision
    revision = decision.revision
    specification = revision.specification
    digests = {digest for _, digest in revision.report.evidence}
    parts: dict[str, Any] = {
        "approval": ApprovalRow(approval).data,
        "decision": DecisionRow(decision).data,
        "sign_offs": SignOffRow(selectors.sign_offs(revision), many=True).data,
        "candidate": {"id": revision.candidate_id} | RevisionRow(revision).data,
        "specification": VersionDetail(specification).data,
        "deliberation": DeliberationDetail(specification.deliberation).data,
        "gate_report": ReportDetail(revision.report).data,
        "evidence": EvaluationRow(
            evidence.evaluations_by_digest(digests=digests, version=approval.model_version), many=True
        ).data,
    }
    return _empty(approval.model_version, by=by) | parts | {"log": _places(parts)}


def _empty(version: ModelVersion, *, by: User) -> dict[str, Any]:
    empty = dict.fromkeys(("live", "approval", "decision", "candidate", "specification", "deliberation", "gate_report"))
    graph = evidence.lineage_graph(version, by=by)
    return empty | {"sign_offs": [], "evidence": [], "log": [], "lineage": graph.as_dict()}


def _places(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where the log holds each part: the leaf, and its index once it is in the signed tree."""
    leaves: list[tuple[str, int]] = []
    for name, part in parts.items():
        rows = part if isinstance(part, list) else [part]
        leaves += [(name, row["leaf"]) for row in rows if "leaf" in row]
        leaves += [(name, row["outcome"]["leaf"]) for row in rows if isinstance(row.get("outcome"), dict)]
    placed = log.indexes([leaf for _, leaf in leaves])
    return [{"part": name, "leaf": leaf, "index": placed.get(leaf)} for name, leaf in leaves]
