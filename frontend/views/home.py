"""The first page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.http import PageRequest, page
from frontend.pages import home as pages
from frontend.views.accounts import BEFORE

FIRST_VISIT = timedelta(days=30)


@page
def home(request: PageRequest) -> HttpResponse:
    """What waits, and what changed."""
    now = timezone.now()
    before = request.session.get(BEFORE)
    since = datetime.fromisoformat(before) if before else now - FIRST_VISIT
    return render(request, "home/home.html", pages.content(by=request.user, since=since, at=now))
