"""The API's own description: OpenAPI 3.1, and Swagger UI under the site's strict Content-Security-Policy."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from api import errors

UI = "drf_spectacular_sidecar/swagger-ui-dist/"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Edgewise API</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<main id="api"></main>
<script src="{bundle}"></script>
<script src="{start}"></script>
</body>
</html>
"""
START = 'SwaggerUIBundle({{url: "{schema}?format=json", dom_id: "#api", deepLinking: true, validatorUrl: null}});\n'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description names our tokens."""

    target_class = "api.authentication.ScopedTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return a bearer scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A token: `Authorization: Bearer ew_…`."}


def page(request: HttpRequest) -> HttpResponse:
    """Return the page that shows the description; every script and style comes from this site's own files."""
    style, bundle = static(f"{UI}swagger-ui.css"), static(f"{UI}swagger-ui-bundle.js")
    return HttpResponse(format_html(PAGE, style=style, bundle=bundle, start=reverse("api-docs-start")))


def start(request: HttpRequest) -> HttpResponse:
    """Return the script that starts the page."""
    return HttpResponse(START.format(schema=reverse("api-schema")), content_type="text/javascript; charset=utf-8")


@csrf_exempt
def unknown(request: HttpRequest, **path: str) -> JsonResponse:
    """Answer for addresses that nothing stands at."""
    body = errors.document(status=HTTPStatus.NOT_FOUND, code="not-found", detail=f"There is nothing at {request.path}.")
    return JsonResponse(body, status=404, content_type=errors.MEDIA_TYPE)
