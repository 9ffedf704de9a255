"""Where each face is mounted."""

from __future__ import annotations

from django.urls import include, path

from api.published import specification_schema

urlpatterns = [
    path("api/", include("api.urls")),
    path("schemas/specification/v1", specification_schema),
    path("", include("frontend.urls")),
]
