"""What anybody may read without signing in: the formats that Edgewise publishes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from governance import canonical
from governance.specs import shape


def _etag(request: HttpRequest) -> str:
    return f'"{canonical.digest(shape.schema())}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_etag)
def specification_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema (draft 2020-12) of value specifications, for editors, which ask from anywhere."""
    return HttpResponse(
        shape.published(), content_type="application/schema+json", headers={"Access-Control-Allow-Origin": "*"}
    )
