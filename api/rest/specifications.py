"""Value specifications: the draft, its ratification, and the versions that can never change."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from api import errors
from api.operation import Endpoint, Given, ProblemPlace, operation
from api.pagination import Pages
from api.parsing import BoundedJSONParser
from api.rest.fields import LARGEST_ID, DocumentField, Moment, Person, RowsField, digest_field
from governance.errors import Conflict, Invalid, NotFound, Problem
from governance.specs import reading, selectors, services
from governance.specs.models import SpecificationVersion, ValueSpecification
from governance.specs.reading import Findings
from governance.systems import selectors as systems

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of the draft that one read: 428 without it when there is one, 412 when it is another.",
)


class YamlParser(BaseParser):
    """A specification as it is written; what it says is read by the domain, with places for every problem."""

    media_type = "application/yaml"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        """Return {"text": …}; raise Invalid when the bytes are not UTF-8."""
        data = stream.read()
        try:
            return {"text": data.decode("utf-8")}
        except UnicodeDecodeError as error:
            problem = Problem("body", f"is not UTF-8 from byte {error.start} on.", "Save the file as UTF-8.")
            raise Invalid(str(problem), problems=(problem,)) from error


class DraftText(Given):
    """A specification's text, YAML or JSON; its length is the domain's to judge."""

    text = serializers.CharField(trim_whitespace=False)


class DeliberationNamed(Given):
    """The deliberation about exactly this draft."""

    deliberation = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class DraftNamed(Given):
    """The draft that one read, by its digest."""

    digest = digest_field()


class AsOf(Given):
    """A moment; now, when left out."""

    as_of = Moment(required=False)


class Draft(serializers.Serializer):
    """The working draft."""

    text = serializers.CharField(source="draft_text")
    digest = serializers.CharField(source="draft_digest")
    state = serializers.CharField()
    drafter = Person()
    drafted_at = serializers.DateTimeField()
    deliberation = serializers.IntegerField(source="deliberation_id", allow_null=True)


class VersionRow(serializers.Serializer):
    """A ratified version."""

    version = serializers.CharField()
    digest = serializers.CharField()
    drafter = Person()
    ratified_by = Person()
    ratified_at = serializers.DateTimeField()
    deliberation = serializers.IntegerField(source="deliberation_id")
    changes = RowsField()
    leaf = serializers.IntegerField(source="leaf_id")


class VersionDetail(VersionRow):
    """A ratified version with its text as written, whose cases each group's are, and the canonical document whose
    SHA-256 is its digest."""

    text = serializers.CharField()
    populations = DocumentField()
    document = DocumentField(source="content")


class Linted(serializers.Serializer):
    """Everything that is wrong with a text, and what may stand in it but is seldom meant; nothing when it is fine."""

    problems = ProblemPlace(many=True)
    warnings = ProblemPlace(many=True)


class Lint(Endpoint):
    """A look at a text, without writing anything."""

    parser_classes = [BoundedJSONParser, YamlParser]

    @operation(
        "specs_lint",
        summary="Say everything that is wrong with a specification's text",
        takes=DraftText,
        gives=Linted,
        request_schema={"application/json": DraftText, "application/yaml": OpenApiTypes.STR},
    )
    def post(self, given: dict[str, Any]) -> Findings:
        return reading.lint(given["text"], today=self.at.date())


class InForce(Endpoint):
    """What holds."""

    @operation(
        "specs_in_force", summary="The specification in force, now or as of a time", asks=AsOf, gives=VersionDetail
    )
    def get(self, given: dict[str, Any], system: str) -> SpecificationVersion:
        found = systems.system(key=system, by=self.by)
        version = selectors.in_force(system=found, at=given.get("as_of"))
        if version is None:
            raise NotFound(f"{found.name} had no ratified specification then.", code="no-specification")
        return version


class WorkingDraft(Endpoint):
    """The draft, with its digest as its ETag."""

    parser_classes = [BoundedJSONParser, YamlParser]

    @operation("specs_draft_read", summary="The working draft", gives=Draft)
    def get(self, given: dict[str, Any], system: str) -> Response:
        return _tagged(selectors.require_draft(system=systems.system(key=system, by=self.by)))

    @operation(
        verb="specs.draft.save",
        takes=DraftText,
        gives=Draft,
        request_schema={"application/json": DraftText, "application/yaml": OpenApiTypes.STR},
        parameters=(IF_MATCH,),
    )
    def put(self, given: dict[str, Any], system: str) -> Response:
        read = self.request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        try:
            draft = services.save_draft(system_key=system, text=given["text"], replaces=read, **self.acting)
        except Conflict as refusal:
            if refusal.code != "stale-draft":
                raise
            if not read:
                raise errors.PreconditionRequired(f"{refusal.message} Send its ETag as If-Match.") from refusal
            raise errors.PreconditionFailed(refusal.message, code=refusal.code) from refusal
        return _tagged(draft)


class PuttingForward(Endpoint):
    """From draft to deliberation."""

    @operation(verb="specs.draft.put_forward", takes=DeliberationNamed, gives=Draft)
    def post(self, given: dict[str, Any], system: str) -> ValueSpecification:
        return services.put_forward(system_key=system, deliberation_id=given["deliberation"], **self.acting)


class Ratification(Endpoint):
    """From deliberation to a version that can never change."""

    @operation(verb="specs.version.ratify", takes=DraftNamed, gives=VersionDetail, status=201)
    def post(self, given: dict[str, Any], system: str) -> SpecificationVersion:
        return services.ratify(system_key=system, digest=given["digest"], **self.acting)


class Versions(Endpoint):
    """Everything that was ever ratified."""

    pagination_class = Pages

    @operation("specs_version_list", summary="The ratified versions", gives=VersionRow(many=True), paged=True)
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.versions(system=systems.system(key=system, by=self.by), by=self.by)


class Version(Endpoint):
    """One ratified version."""

    @operation("specs_version_read", summary="A ratified version with its text and document", gives=VersionDetail)
    def get(self, given: dict[str, Any], system: str, number: str) -> SpecificationVersion:
        return selectors.version(system=systems.system(key=system, by=self.by), number=number, by=self.by)


def _tagged(draft: ValueSpecification) -> Response:
    return Response(Draft(draft).data, headers={"ETag": f'"{draft.draft_digest}"'})
