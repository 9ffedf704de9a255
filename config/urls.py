"""Where each face is mounted."""

from __future__ import annotations

from django.urls import include, path

from api import hooks
from api.published import openlineage_schema, specification_schema

urlpatterns = [
    path("api/", include("api.urls")),
    path("hooks/mlflow/<slug:server>", hooks.mlflow),
    path("schemas/openlineage/v1", openlineage_schema),
    path("schemas/specification/v1", specification_schema),
    path("", include("frontend.urls")),
]
