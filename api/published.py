"""What anybody may read without signing in: the formats that Edgewise publishes."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from governance import canonical
from governance.exports.formats import openlineage
from governance.specs import shape


def _schema(published: Callable[[], str]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of a JSON Schema (draft 2020-12), for editors and validators, which ask from anywhere."""

    @require_safe
    @cache_control(public=True, max_age=3600)
    @condition(etag_func=lambda request: f'"{canonical.digest_bytes(published().encode())}"')
    def schema(request: HttpRequest) -> HttpResponse:
        return HttpResponse(
            published(), content_type="application/schema+json", headers={"Access-Control-Allow-Origin": "*"}
        )

    return schema


specification_schema = _schema(shape.published)
openlineage_schema = _schema(openlineage.published)
