"""How a view is reached: signed in, by one method, and with 404 for what is missing or hidden."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from frontend import unsent
from frontend.forms.service import ServiceForm
from governance.accounts.models import User
from governance.errors import NotFound, NotPermitted

P = ParamSpec("P")
ENDED = "Your session had ended, so nothing was sent. Sign in, then send the form again"


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
        if not request.user.is_authenticated:
            return _to_sign_in(request, to=request.get_full_path())
        try:
            return view(cast("PageRequest", request), *args, **kwargs)
        except (NotFound, NotPermitted) as refusal:
            raise Http404(refusal.message) from refusal

    return cast("Plain[P]", require_safe(read))


def posted(*, page: str, form: type[ServiceForm] = ServiceForm) -> Callable[[View[P]], Plain[P]]:
    """Let signed-in people send `form`, which stands on the page of this name: its address has at most the first
    argument of the view. Whoever is signed out is sent there by way of signing in, with what they typed."""

    def declare(view: View[P]) -> Plain[P]:
        @functools.wraps(view)
        def send(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            root, *of = list(kwargs.values()) or [None]
            place = {"name": form.name_of(*of), "page": reverse(page, args=[] if root is None else [root])}
            if not request.user.is_authenticated:
                return _ended(request, form=form, **place)
            unsent.forget(request, **place)
            try:
                return view(cast("PageRequest", request), *args, **kwargs)
            except NotFound as refusal:
                raise Http404(refusal.message) from refusal

        return cast("Plain[P]", require_POST(send))

    return declare


def action(*, verb: str, page: str, form: type[ServiceForm] = ServiceForm) -> Callable[[View[P]], Plain[P]]:
    """Let signed-in people send the form of the registered action `verb`; `routes` reads both from the view."""

    def declare(view: View[P]) -> Plain[P]:
        guarded: Any = posted(page=page, form=form)(view)
        guarded.verb, guarded.form = verb, form
        return cast("Plain[P]", guarded)

    return declare


def done(request: HttpRequest, sentence: str, to: str, *args: object) -> HttpResponseRedirect:
    """Say what was done on the page that follows."""
    messages.success(request, sentence)
    return redirect(to, *args)


def _ended(request: HttpRequest, *, form: type[ServiceForm], name: str, page: str) -> HttpResponseBase:
    is_kept = unsent.keep(request, form=form, name=name, page=page)
    messages.warning(request, ENDED + ("; what you typed is kept for you." if is_kept else "."))
    return _to_sign_in(request, to=page)


def _to_sign_in(request: HttpRequest, *, to: str) -> HttpResponseBase:
    address = redirect_to_login(to).url
    # A part of a page must not be replaced by the page on which one signs in.
    is_part = cast("PageRequest", request).htmx
    return HttpResponseClientRedirect(address) if is_part else HttpResponseRedirect(address)
