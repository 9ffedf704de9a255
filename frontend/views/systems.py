"""Systems."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.http import PageRequest, page
from frontend.pages import siblings
from frontend.pages import systems as pages
from governance.systems import selectors


@page
def systems(request: PageRequest) -> HttpResponse:
    """Every system that the reader may see."""
    return render(request, "systems/list.html", {"systems": selectors.systems(by=request.user)})


@page
def system(request: PageRequest, key: str) -> HttpResponse:
    """One system."""
    found = selectors.system(key=key, by=request.user)
    return render(request, "systems/system.html", pages.content(system=found, by=request.user, at=timezone.now()))


@page
def versions(request: PageRequest, key: str, context_key: str) -> HttpResponse:
    """The versions of a system beside each other in one of its contexts."""
    found = selectors.system(key=key, by=request.user)
    context = selectors.context(system=found, key=context_key)
    chosen = {axis: request.GET.get(axis, "") for axis in ("x", "y")}
    content = siblings.content(system=found, context=context, **chosen, by=request.user)
    return render(request, "systems/versions.html", content)
