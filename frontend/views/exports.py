"""A system, a version of it or a release candidate as a file in a format that others read."""

from __future__ import annotations

from django.http import HttpResponse

from frontend.http import PageRequest, page
from governance.errors import no_such
from governance.exports import selectors
from governance.exports.extract import Extract
from governance.exports.formats import FORMATS, Format


@page
def of_system(request: PageRequest, key: str, kind: str) -> HttpResponse:
    """Every registered version or, with ?model=, one."""
    written = _format(kind)
    if model := request.GET.get("model"):
        return _file(selectors.of_version(system_key=key, uri=model, by=request.user), written)
    return _file(selectors.of_system(system_key=key, by=request.user), written)


@page
def of_candidate(request: PageRequest, candidate_id: int, kind: str) -> HttpResponse:
    """What a candidate pins, and what became of it."""
    written = _format(kind)
    return _file(selectors.of_candidate(candidate_id=candidate_id, by=request.user), written)


def _format(kind: str) -> Format:
    if kind not in FORMATS:
        raise no_such("export")
    return FORMATS[kind]


def _file(extract: Extract, written: Format) -> HttpResponse:
    disposition = {"Content-Disposition": f'attachment; filename="edgewise-{extract.kind}.{written.suffix}"'}
    return HttpResponse(written.write(extract), content_type=written.media_type, headers=disposition)
