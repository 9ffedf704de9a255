"""How a view is reached: signed in, by one method, and with 404 for what is missing or hidden."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from frontend.forms.service import ServiceForm
from governance.accounts.models import User
from governance.errors import NotFound, NotPermitted

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request of somebody who signed in."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[PageRequest, P], HttpResponseBase]
Plain = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(view: View[P]) -> Plain[P]:
    """Let signed-in people read; what they may not see is not there."""

    @functools.wraps(view)
    def read(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(cast("PageRequest", request), *args, **kwargs)
        except (NotFound, NotPermitted) as refusal:
            raise Http404(refusal.message) from refusal

    return cast("Plain[P]", require_GET(login_required(read)))


def action(*, verb: str, form: type[ServiceForm] = ServiceForm) -> Callable[[View[P]], Plain[P]]:
    """Let signed-in people send the form of the registered action `verb`; `routes` reads both from the view."""

    def declare(view: View[P]) -> Plain[P]:
        @functools.wraps(view)
        def send(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                return view(cast("PageRequest", request), *args, **kwargs)
            except NotFound as refusal:
                raise Http404(refusal.message) from refusal

        guarded = cast("Plain[P]", require_POST(login_required(send)))
        guarded.verb, guarded.form = verb, form  # type: ignore[attr-defined]
        return guarded

    return declare


def done(request: HttpRequest, sentence: str, to: str, *args: object) -> HttpResponseRedirect:
    """Say what was done on the page that follows."""
    messages.success(request, sentence)
    return redirect(to, *args)
