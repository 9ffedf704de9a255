"""The lineage from any of its things: a dataset, run, logged model, version or commit."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from frontend.http import PageRequest, page
from frontend.pages import lineage as pages
from governance.errors import Invalid, NotFound


@page
def lineage(request: PageRequest) -> HttpResponse:
    """What was asked for, by `of` and the day `as_of`, or the question alone."""
    word, day = request.GET.get("of", "").strip(), request.GET.get("as_of", "")
    content: dict[str, Any] = {"word": word, "day": day, "remark": ""}
    if word:
        try:
            as_of = pages.end_of(date.fromisoformat(day)) if day else None
            content |= pages.content(word, by=request.user, as_of=as_of) | {"as_of": as_of}
        except (Invalid, NotFound) as refusal:
            content["remark"] = refusal.message
        except ValueError:
            content["remark"] = "A day is written like 2026-03-03."
    return render(request, "lineage/lineage.html", content)
