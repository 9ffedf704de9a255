"""Approvals: what stands, how it ended, and what a pipeline is told."""

from __future__ import annotations

from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from rest_framework import renderers, serializers
from rest_framework.response import Response

from api.operation import Endpoint, Given, operation
from api.pagination import Pages
from api.rest.candidates import Reason, filtered
from api.rest.checkpoints import NewerEvidence
from api.rest.fields import (
    DocumentField,
    OneOf,
    Person,
    ReadTogether,
    context_field,
    digest_field,
    key_field,
    model_field,
)
from governance.approvals import answering, issuing, selectors
from governance.approvals.models import Approval, ApprovalEnding
from governance.approvals.states import ApprovalState
from governance.systems import selectors as systems

ENVELOPE = "application/vnd.dsse.envelope.v1+json"


class EndingRow(serializers.Serializer):
    """Why, when and by whom an approval ended."""

    state = serializers.CharField()
    reason = serializers.CharField()
    ended_by = Person()
    ended_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class ApprovalRow(serializers.Serializer):
    """These bytes, in this context, from `valid_from` until `valid_until`."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    model = serializers.CharField(source="model_version.uri")
    artifact_digest = serializers.CharField()
    context = serializers.CharField(source="context_key")
    specification = serializers.CharField(source="specification.version")
    candidate = serializers.IntegerField(source="decision.revision.candidate_id")
    state = serializers.CharField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    statement_digest = serializers.CharField()
    key_id = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")
    ending = EndingRow(allow_null=True)

    class Meta:
        list_serializer_class = ReadTogether


class UnmetRequirement(serializers.Serializer):
    """One requirement that does not hold; of a gate's verdict, what would change it, and the versions that a tension
    compares."""

    key = serializers.CharField()
    sentence = serializers.CharField()
    would_change = serializers.CharField(allow_blank=True)
    versions = serializers.ListField(child=serializers.CharField())


class CheckAnswer(serializers.Serializer):
    """What a pipeline is told; only `allowed: true` allows anything. Of a refusal, `newer_evidence` says since when
    there is evidence that the gate has not judged."""

    allowed = serializers.BooleanField()
    context = serializers.CharField()
    digest = serializers.CharField()
    approval = serializers.IntegerField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    unmet = UnmetRequirement(many=True)
    newer_evidence = NewerEvidence(allow_null=True)


class Wanted(Given):
    """Which approvals."""

    system = key_field(required=False)
    state = OneOf(ApprovalState.choices, required=False)
    context = context_field(required=False)


class Question(Given):
    """Which bytes, where. `digest`, `manifest`: those of a folder that the asker hashed, both or neither;
    without them those in MLflow count."""

    model = model_field()
    context = context_field()
    digest = digest_field(required=False)
    manifest = digest_field(required=False)


class EnvelopeRenderer(renderers.JSONRenderer):
    """A DSSE envelope, byte for byte as it was signed and stored."""

    media_type = ENVELOPE

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the bytes; a refusal goes out as any other."""
        return data if isinstance(data, bytes) else super().render(data, accepted_media_type, renderer_context)


class Approvals(Endpoint):
    """All approvals that one may see."""

    pagination_class = Pages

    @operation(
        "approvals_approval_list",
        summary="The approvals that one may see",
        asks=Wanted,
        gives=ApprovalRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        key = given.get("system")
        rows = selectors.approvals(by=self.by, system=systems.system(key=key, by=self.by) if key else None)
        return filtered(rows, given)


class ApprovalView(Endpoint):
    """One approval."""

    @operation("approvals_approval_read", summary="An approval, and how it ended", gives=ApprovalRow)
    def get(self, given: dict[str, Any], approval: int) -> Approval:
        return selectors.approval(approval_id=approval, by=self.by)


class Envelope(Endpoint):
    """The attestation."""

    renderer_classes = [EnvelopeRenderer, renderers.JSONRenderer]

    @operation(
        "approvals_envelope_read",
        summary="The in-toto statement in its DSSE envelope, as signed",
        gives=DocumentField,
        response_schema=OpenApiTypes.OBJECT,
    )
    def get(self, given: dict[str, Any], approval: int) -> Response:
        envelope = bytes(selectors.approval(approval_id=approval, by=self.by).envelope)
        return Response(envelope if self.request.accepted_media_type == ENVELOPE else orjson.loads(envelope))


class Revocation(Endpoint):
    """The end of an approval by people."""

    @operation(verb="approvals.approval.revoke", takes=Reason, gives=EndingRow, status=201)
    def post(self, given: dict[str, Any], approval: int) -> ApprovalEnding:
        return issuing.revoke(approval_id=approval, reason=given["reason"], **self.acting)


class Check(Endpoint):
    """The gate for pipelines."""

    @operation(
        "approvals_check",
        summary="Say whether these bytes may go live there, and if not, why",
        asks=Question,
        gives=CheckAnswer,
    )
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        folder = {name: given.get(name, "") for name in ("digest", "manifest")}
        answer = answering.ask(uri=given["model"], context_key=given["context"], **folder, **self.acting)
        return answer.document()
