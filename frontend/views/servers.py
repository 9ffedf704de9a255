"""Tracking servers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.http import PageRequest, page
from governance.monitoring import servers


@page
def server(request: PageRequest, key: str) -> HttpResponse:
    """How one tracking server fares."""
    found = servers.server(key=key, by=request.user, at=timezone.now())
    return render(request, "servers/server.html", {"server": found, "servers": [found.health]})
