"""Value specifications as files: byte for byte as they were written, and as the canonical JSON that is hashed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from api.operation import Endpoint, operation
from api.rest.exports import ZipRenderer
from governance.specs import editions, selectors
from governance.specs.models import SpecificationVersion, ValueSpecification
from governance.systems import selectors as systems


class YamlRenderer(ZipRenderer):
    """A specification's text as it was written."""

    media_type = "application/yaml"
    format = "yaml"


class CanonicalRenderer(ZipRenderer):
    """Canonical JSON as it was hashed."""

    media_type = "application/json"
    format = "json"


class TextFile(Endpoint):
    """A text, its comments included."""

    renderer_classes = [YamlRenderer]


class DocumentFile(Endpoint):
    """A document whose SHA-256 is the specification's digest."""

    renderer_classes = [CanonicalRenderer]


class DraftText(TextFile):
    """The working draft as it was written."""

    @operation("specs_draft_text", summary="The working draft as it was written", response_schema=OpenApiTypes.OBJECT)
    def get(self, given: dict[str, Any], system: str) -> Response:
        return _yaml(_draft(self, system).draft_text, f"{system}-draft.yaml")


class DraftDocument(DocumentFile):
    """The working draft as it would be hashed."""

    @operation(
        "specs_draft_document", summary="The canonical JSON of the working draft", response_schema=OpenApiTypes.OBJECT
    )
    def get(self, given: dict[str, Any], system: str) -> Response:
        edition = editions.drafted(_draft(self, system))
        return _json(editions.canonical_bytes(edition), f"{system}-draft.json")


class VersionText(TextFile):
    """A ratified version as it was written."""

    @operation(
        "specs_version_text", summary="A ratified version as it was written", response_schema=OpenApiTypes.OBJECT
    )
    def get(self, given: dict[str, Any], system: str, number: str) -> Response:
        return _yaml(_version(self, system, number).text, f"{system}-{number}.yaml")


class VersionDocument(DocumentFile):
    """A ratified version as it was hashed."""

    @operation(
        "specs_version_document",
        summary="The canonical JSON of a ratified version; its SHA-256 is the digest",
        response_schema=OpenApiTypes.OBJECT,
    )
    def get(self, given: dict[str, Any], system: str, number: str) -> Response:
        edition = editions.ratified(_version(self, system, number))
        return _json(editions.canonical_bytes(edition), f"{system}-{number}.json")


def _draft(endpoint: Endpoint, system: str) -> ValueSpecification:
    return selectors.require_draft(system=systems.system(key=system, by=endpoint.by))


def _version(endpoint: Endpoint, system: str, number: str) -> SpecificationVersion:
    found = systems.system(key=system, by=endpoint.by)
    return selectors.version(system=found, number=number, by=endpoint.by)


def _yaml(text: str, name: str) -> Response:
    return _file(text.encode(), name, YamlRenderer.media_type)


def _json(document: bytes, name: str) -> Response:
    return _file(document, name, CanonicalRenderer.media_type)


def _file(content: bytes, name: str, media_type: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=disposition, content_type=media_type)
