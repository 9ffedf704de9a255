"""Tracking servers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.http import PageRequest, page
from governance.monitoring import servers

LONGEST_ID = 19


@page
def server(request: PageRequest, key: str) -> HttpResponse:
    """How one tracking server fares, with its synchronisations up to the `report` asked for."""
    asked = request.GET.get("report", "")
    upto = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < LONGEST_ID else 0
    found = servers.server(key=key, by=request.user, at=timezone.now(), upto=upto)
    return render(request, "servers/server.html", {"server": found, "servers": [found.health], "upto": upto})
