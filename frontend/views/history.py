"""What became of a registered model or one of its versions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.http import PageRequest, page
from frontend.pages import history as pages
from frontend.pages.lineage import end_of
from governance.errors import Invalid, NotFound
from governance.monitoring import history as histories
from governance.systems import selectors


@page
def history(request: PageRequest, key: str) -> HttpResponse:
    """The history of `model`, of the kind `what`, as known at the end of the day `as_of`."""
    asked = {name: request.GET.get(name, "").strip() for name in ("model", "what", "as_of", "after")}
    content: dict[str, Any] = asked | {"system": selectors.system(key=key, by=request.user), "remark": ""}
    about = {"system_key": key, "uri": asked["model"], "what": asked["what"], "after": asked["after"]}
    try:
        as_of = end_of(date.fromisoformat(asked["as_of"])) if asked["as_of"] else None
        content |= pages.content(**about, as_of=as_of, by=request.user, at=timezone.now())
    except (Invalid, NotFound) as refusal:
        content["remark"] = refusal.message
    except ValueError:
        content["remark"] = "A day is written like 2026-03-03."
    return render(request, "history/history.html", content | {"kinds": pages.kinds()})


@page
def value(request: PageRequest, key: str, change: str, side: str) -> HttpResponse:
    """One side of a change as a file, all of it, which no browser draws."""
    found = histories.whole(system_key=key, change=change, by=request.user)
    text = {"from": found.before, "to": found.after}.get(side)
    if text is None:
        raise Http404("There is no such value here.")
    headers = {"Content-Disposition": f'attachment; filename="{change}-{side}.txt"'}
    return HttpResponse(text.encode(), content_type="text/plain; charset=utf-8", headers=headers)
