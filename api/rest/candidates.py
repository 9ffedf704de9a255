"""Release candidates: what is put forward, signed and decided."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import Pages
from api.rest.checkpoints import ModelAndContext, ReportRow, version_of
from api.rest.fields import (
    DocumentField,
    OneOf,
    Person,
    ReadTogether,
    context_field,
    digest_field,
    key_field,
    text_field,
)
from governance.approvals import looking, policies, selectors, services
from governance.approvals.models import ConflictDeclaration, Decision, ReleaseCandidate, SignOff
from governance.approvals.policy import STANCES
from governance.approvals.states import CandidateState
from governance.systems import selectors as systems


class CandidateRow(serializers.Serializer):
    """A model version put forward for one context."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    model = serializers.CharField(source="model_version.uri")
    context = serializers.CharField(source="context_key")
    state = serializers.CharField()
    opened_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_because = serializers.CharField()

    class Meta:
        list_serializer_class = ReadTogether


class SignOffRow(serializers.Serializer):
    """One person's word on one revision: final for that revision."""

    id = serializers.IntegerField()
    user = Person()
    role = serializers.CharField()
    group = serializers.CharField(source="group_key")
    stance = serializers.CharField()
    reason = serializers.CharField()
    shown_digest = serializers.CharField()
    signed_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class RequirementRow(serializers.Serializer):
    """One thing that must hold; for a quorum, `have` of `need` are given."""

    key = serializers.CharField()
    met = serializers.BooleanField()
    sentence = serializers.CharField()
    have = serializers.IntegerField(allow_null=True)
    need = serializers.IntegerField(allow_null=True)


class DecisionRow(serializers.Serializer):
    """How a revision was decided, with the document whose SHA-256 is `digest`."""

    outcome = serializers.CharField()
    reason = serializers.CharField()
    document = DocumentField(source="content")
    digest = serializers.CharField()
    decided_by = Person()
    decided_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")
    approval = serializers.IntegerField(source="approval.pk", allow_null=True, default=None)


class RevisionRow(serializers.Serializer):
    """Exactly what is signed: `document` is canonical JSON, `digest` its SHA-256."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    artifact_digest = serializers.CharField()
    specification = serializers.CharField(source="specification.version")
    document = DocumentField(source="content")
    report = ReportRow()
    made_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class FilesRow(serializers.Serializer):
    """When Edgewise last hashed the model's files, since when it does so again, and why the last attempt failed."""

    checked_at = serializers.DateTimeField(source="digest_checked_at", allow_null=True)
    hashing_since = serializers.DateTimeField(allow_null=True)
    hashing_problem = serializers.CharField()


class CandidateDetail(CandidateRow):
    """A candidate with the revision to sign, how each requirement stands, who signed, and the decision."""

    opened_by = Person()
    files = FilesRow(source="model_version")
    revision = RevisionRow()
    requirements = RequirementRow(many=True)
    met = serializers.BooleanField()
    sign_offs = SignOffRow(many=True)
    decision = DecisionRow(allow_null=True)


class ConflictRow(serializers.Serializer):
    """Somebody said that they must not sign."""

    id = serializers.IntegerField()
    user = Person()
    reason = serializers.CharField()
    declared_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class Reason(Given):
    """Why."""

    reason = text_field()


class NewSignOff(Given):
    """A word on the revision one was shown, in one capacity."""

    shown_digest = digest_field()
    role = OneOf(policies.SIGNING_ROLES)
    group = key_field(default="", allow_blank=True)
    stance = OneOf(STANCES)
    reason = text_field(default="", allow_blank=True)


class NewDecision(Given):
    """How to decide the revision one was shown."""

    shown_digest = digest_field()
    outcome = OneOf(["approved", "rejected"])
    reason = text_field()


class Wanted(Given):
    """Which candidates."""

    system = key_field(required=False)
    state = OneOf(CandidateState.choices, required=False)
    context = context_field(required=False)


def filtered(rows: Any, given: dict[str, Any]) -> Any:
    """Return the rows of the wanted state and context."""
    wanted = {"state": given.get("state"), "context_key": given.get("context")}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


class Candidates(Endpoint):
    """All candidates that one may see."""

    pagination_class = Pages

    @operation(
        "approvals_candidate_list",
        summary="The release candidates that one may see",
        asks=Wanted,
        gives=CandidateRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        key = given.get("system")
        rows = selectors.candidates(by=self.by, system=systems.system(key=key, by=self.by) if key else None)
        return filtered(rows, given)


class _Shown(Endpoint):
    """What shows a candidate after it did something to it."""

    def shown(self, candidate: ReleaseCandidate) -> dict[str, Any]:
        """Return the candidate with its newest revision and how that stands."""
        revision = selectors.newest_revision(candidate)
        standing = selectors.standing_of(revision, at=self.at)
        names = ("id", "system", "model_version", "context_key", "state", "opened_by", "opened_at")
        ended = ("withdrawn_at", "withdrawn_because")
        return {
            **{name: getattr(candidate, name) for name in names + ended},
            "revision": revision,
            "requirements": standing.requirements,
            "met": standing.met,
            "sign_offs": selectors.sign_offs(revision),
            "decision": getattr(revision, "decision", None),
        }


class SystemCandidates(_Shown):
    """A new candidate of a system."""

    @operation(
        verb="approvals.candidate.open", takes=ModelAndContext, gives=CandidateDetail, status=201, together=False
    )
    def post(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        version = version_of(endpoint=self, system=system, uri=given["model"])
        context = given["context"]
        return self.shown(
            looking.open_candidate(system_key=system, version=version, context_key=context, **self.acting)
        )


class CandidateView(_Shown):
    """One candidate."""

    @operation("approvals_candidate_read", summary="A candidate with everything to decide by", gives=CandidateDetail)
    def get(self, given: dict[str, Any], candidate: int) -> dict[str, Any]:
        return self.shown(selectors.candidate(candidate_id=candidate, by=self.by))


class Refreshment(_Shown):
    """The next revision."""

    @operation(verb="approvals.candidate.refresh", gives=CandidateDetail, together=False)
    def post(self, given: dict[str, Any], candidate: int) -> dict[str, Any]:
        revision = looking.refresh_candidate(candidate_id=candidate, **self.acting)
        return self.shown(revision.candidate)


class Withdrawal(_Shown):
    """The end without a decision."""

    @operation(verb="approvals.candidate.withdraw", takes=Reason, gives=CandidateDetail)
    def post(self, given: dict[str, Any], candidate: int) -> dict[str, Any]:
        return self.shown(services.withdraw_candidate(candidate_id=candidate, reason=given["reason"], **self.acting))


class Conflicts(Endpoint):
    """Conflicts of interest."""

    @operation(verb="approvals.conflict.declare", takes=Reason, gives=ConflictRow, status=201)
    def post(self, given: dict[str, Any], candidate: int) -> ConflictDeclaration:
        return services.declare_conflict(candidate_id=candidate, reason=given["reason"], **self.acting)


class SignOffs(Endpoint):
    """Signatures."""

    @operation(verb="approvals.candidate.sign", takes=NewSignOff, gives=SignOffRow, status=201)
    def post(self, given: dict[str, Any], candidate: int) -> SignOff:
        return services.sign(candidate_id=candidate, **given, **self.acting)


class Deciding(Endpoint):
    """The decision."""

    @operation(verb="approvals.candidate.decide", takes=NewDecision, gives=DecisionRow, status=201, together=False)
    def post(self, given: dict[str, Any], candidate: int) -> Decision:
        return looking.decide(candidate_id=candidate, **given, **self.acting)
