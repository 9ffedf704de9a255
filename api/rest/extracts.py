"""The lineage, evidence and releases of a version, a candidate or a system, in the formats that others read."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from rest_framework import renderers
from rest_framework.response import Response

from api.operation import Endpoint, Given, operation
from api.rest.exports import ZipRenderer
from api.rest.fields import model_field
from governance.exports import selectors
from governance.exports.extract import Extract
from governance.exports.formats import FORMATS, Format


class Chosen(Given):
    """One version of the system; every registered one unless said."""

    model = model_field(required=False)


def _renderers(written: Format) -> list[type[renderers.BaseRenderer]]:
    """Return what writes the bytes of a format as they are: under its own media type, and as the JSON that they are."""
    kinds = dict.fromkeys((written.media_type, "application/json"))
    return [type("DocumentRenderer", (ZipRenderer,), {"media_type": kind, "format": "json"}) for kind in kinds]


def _answer(extract: Extract, written: Format) -> Response:
    name = f"edgewise-{extract.kind}.{written.suffix}"
    return Response(written.write(extract), headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _of_system(written: Format) -> type[Endpoint]:
    class SystemExport(Endpoint):
        """A system, or one version of it."""

        renderer_classes = _renderers(written)

        @operation(
            f"exports_system_{written.name}",
            summary=f"A system or, with `model`, one version of it as {written.title}",
            asks=Chosen,
            response_schema=_SCHEMAS[written.name],
        )
        def get(self, given: dict[str, Any], system: str) -> Response:
            model = given.get("model")
            found = (
                selectors.of_version(system_key=system, uri=model, by=self.by)
                if model
                else selectors.of_system(system_key=system, by=self.by)
            )
            return _answer(found, written)

    return SystemExport


def _of_candidate(written: Format) -> type[Endpoint]:
    class CandidateExport(Endpoint):
        """A release candidate."""

        renderer_classes = _renderers(written)

        @operation(
            f"exports_candidate_{written.name}",
            summary=f"What a release candidate pins, and what became of it, as {written.title}",
            response_schema=_SCHEMAS[written.name],
        )
        def get(self, given: dict[str, Any], candidate: int) -> Response:
            return _answer(selectors.of_candidate(candidate_id=candidate, by=self.by), written)

    return CandidateExport


_SCHEMAS: dict[str, Any] = {
    "prov": OpenApiTypes.OBJECT,
    "openlineage": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    "cyclonedx": OpenApiTypes.OBJECT,
}


def routes(*, system: str, candidate: str) -> list[URLPattern]:
    """Return the addresses of every format, under those of a system and of a candidate."""
    return [
        route
        for name, written in FORMATS.items()
        for route in (
            path(f"{system}exports/{name}", _of_system(written).as_view()),
            path(f"{candidate}exports/{name}", _of_candidate(written).as_view()),
        )
    ]
