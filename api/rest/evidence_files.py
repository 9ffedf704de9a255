"""Evidence from files: what somebody uploads, and the very bytes again."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from api.operation import Endpoint, Given, operation
from api.rest.checkpoints import EvaluationRow
from api.rest.exports import ZipRenderer
from api.rest.fields import Moment, OneOf, model_field
from governance.evidence import registration, selectors
from governance.evidence.files import Upload
from governance.evidence.formats import FORMATS
from governance.evidence.formats.mapping import LONGEST_NAME
from governance.evidence.formats.table import MOST_AT_ONCE
from governance.evidence.models import EvaluationRun
from governance.evidence.records import LEVELS

OCTETS = "application/octet-stream"
ROOM_FOR_FORM = 1024 * 1024


class EvidenceFile(Given):
    """A file with the results of an evaluation, case by case, and what its sender says of it."""

    model = model_field()
    file = serializers.FileField(max_length=LONGEST_NAME, help_text=f"At most {MOST_AT_ONCE} bytes.")
    level = OneOf(choices=LEVELS, help_text="From the weakest evidence to the strongest.")
    mapping = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="Which column says what, in YAML or JSON; none where columns have our names.",
    )
    format = OneOf(choices=list(FORMATS), default="", allow_blank=True, help_text="Else by its name.")
    results = serializers.FileField(required=False, help_text="The results_DATE.json that lm_eval wrote beside it.")
    evaluated_at = Moment(required=False, help_text="When the evaluation began; a log says itself.")
    evaluator = serializers.CharField(default="", allow_blank=True, max_length=200, help_text="If not the sender.")
    model_digest = serializers.RegexField(
        r"^[0-9a-f]{64}$", default="", allow_blank=True, help_text="Of the model that was evaluated; checked."
    )


class EvidenceFiles(Endpoint):
    """Uploading."""

    parser_classes = [MultiPartParser]
    largest_body = 2 * MOST_AT_ONCE + ROOM_FOR_FORM

    @operation(
        verb="evidence.file.upload",
        takes=EvidenceFile,
        gives=EvaluationRow,
        status=201,
        replayable=False,
        request_schema={"multipart/form-data": EvidenceFile},
    )
    def post(self, given: dict[str, Any], system: str) -> EvaluationRun:
        file, results = given["file"], given.get("results")
        upload = Upload(
            name=file.name,
            file=file,
            level=given["level"],
            evaluator=given["evaluator"],
            mapping=given["mapping"],
            form=given["format"],
            results=results.read() if results else b"",
            evaluated_at=given.get("evaluated_at"),
            model_digest=given["model_digest"],
        )
        return registration.bring_in_file(system_key=system, uri=given["model"], upload=upload, **self.acting)


class OctetRenderer(ZipRenderer):
    """The bytes as they came."""

    media_type = OCTETS
    format = "bin"


class EvidenceFileContent(Endpoint):
    """One file as it was uploaded."""

    renderer_classes = [OctetRenderer]

    @operation(
        "evidence_file_read",
        summary="An uploaded file, byte for byte, by its SHA-256: for engineers and auditors",
        response_schema=OpenApiTypes.BINARY,
    )
    def get(self, given: dict[str, Any], system: str, digest: str) -> FileResponse:
        content = selectors.file(system_key=system, digest=digest, **self.acting)
        return FileResponse(content, as_attachment=True, filename=f"{digest[:16]}.bin", content_type=OCTETS)
