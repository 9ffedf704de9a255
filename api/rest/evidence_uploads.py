"""Large files as evidence: begun, sent in parts, and read in the background."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from api.operation import Endpoint, Given, operation
from api.rest.fields import Moment, OneOf, model_field
from governance.evidence import registration, selectors, uploads
from governance.evidence.formats import FORMATS
from governance.evidence.formats.mapping import LONGEST_NAME
from governance.evidence.formats.table import MOST_BYTES
from governance.evidence.models import EvidenceUpload
from governance.evidence.policies import LARGEST_PART
from governance.evidence.records import LEVELS
from governance.evidence.states import UploadState

ROOM_FOR_FORM = 64 * 1024
LONGEST_RESULTS = 1024 * 1024


class NewUpload(Given):
    """A large file that somebody is about to send, and what they say of it."""

    model = model_field()
    name = serializers.CharField(max_length=LONGEST_NAME, help_text="Of the file; its ending tells the format.")
    size = serializers.IntegerField(min_value=1, max_value=MOST_BYTES, help_text="In bytes.")
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="SHA-256 of the whole file.")
    level = OneOf(choices=LEVELS, help_text="From the weakest evidence to the strongest.")
    mapping = serializers.CharField(default="", allow_blank=True, help_text="Which column says what, in YAML or JSON.")
    format = OneOf(choices=list(FORMATS), default="", allow_blank=True, help_text="Else by its name.")
    results = serializers.CharField(
        default="", allow_blank=True, max_length=LONGEST_RESULTS, help_text="What lm_eval wrote beside its samples."
    )
    evaluated_at = Moment(required=False, help_text="When the evaluation began; a log says itself.")
    evaluator = serializers.CharField(default="", allow_blank=True, max_length=200, help_text="If not the sender.")
    model_digest = serializers.RegexField(
        r"^[0-9a-f]{64}$", default="", allow_blank=True, help_text="Of the model that was evaluated; checked."
    )


class UploadPart(Given):
    """The next part of a file."""

    offset = serializers.IntegerField(min_value=0, help_text="How many bytes of the file came before.")
    part = serializers.FileField(help_text=f"At most {LARGEST_PART} bytes.")


class ProblemRow(serializers.Serializer):
    """One thing that is wrong with a file."""

    where = serializers.CharField()
    what = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class UploadRow(serializers.Serializer):
    """Where a large file stands. `evaluation` is the digest of what became of it, as the list of evidence has it."""

    id = serializers.IntegerField()
    model = serializers.CharField(source="model_version.uri")
    name = serializers.CharField()
    digest = serializers.CharField()
    size = serializers.IntegerField()
    received = serializers.IntegerField()
    state = serializers.ChoiceField(choices=UploadState.choices)
    percent = serializers.IntegerField(help_text="How far it has been read.")
    detail = serializers.CharField(help_text="Why it is no evidence.")
    problems = ProblemRow(many=True)
    evaluation = serializers.SerializerMethodField()
    begun_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_evaluation(self, row: EvidenceUpload) -> str | None:
        """Return the digest of the evaluation."""
        return row.evaluation.digest if row.evaluation else None


class EvidenceUploads(Endpoint):
    """Beginning."""

    @operation(verb="evidence.upload.begin", takes=NewUpload, gives=UploadRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> EvidenceUpload:
        at = given.get("evaluated_at")
        said = {
            "level": given["level"],
            "evaluator": given["evaluator"],
            "mapping": given["mapping"],
            "form": given["format"],
            "evaluated_at": at.isoformat() if at else "",
            "model_digest": given["model_digest"],
        }
        return registration.begin_upload(
            system_key=system,
            uri=given["model"],
            name=given["name"],
            size=given["size"],
            digest=given["digest"],
            said=said,
            results=given["results"].encode(),
            **self.acting,
        )


class OneUpload(Endpoint):
    """One large file on its way."""

    @operation("evidence_upload_read", summary="Where a large file stands", gives=UploadRow)
    def get(self, given: dict[str, Any], system: str, upload: int) -> EvidenceUpload:
        return selectors.upload(system_key=system, upload_id=upload, **self.acting)


class UploadParts(Endpoint):
    """Sending."""

    parser_classes = [MultiPartParser]
    largest_body = LARGEST_PART + ROOM_FOR_FORM

    @operation(
        "evidence_upload_part",
        summary="Send the next part of a large file",
        takes=UploadPart,
        gives=UploadRow,
        replayable=False,
        request_schema={"multipart/form-data": UploadPart},
    )
    def post(self, given: dict[str, Any], system: str, upload: int) -> EvidenceUpload:
        return uploads.receive(
            system_key=system,
            upload_id=upload,
            offset=given["offset"],
            content=given["part"].read(),
            **self.acting,
        )
