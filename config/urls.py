"""Where each face is mounted."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("api.urls")),
    path("", include("frontend.urls")),
]
