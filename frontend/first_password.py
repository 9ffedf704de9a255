"""The way of whoever signed in with a password that somebody else chose: to the page where they choose their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

OPEN = frozenset({"password", "password-change", "sign-in", "sign-out"})
"""The pages that stay open."""
ANSWERS_ITSELF = "/api/"
"""Where the refusal has a form of its own."""


class FirstPassword:
    """Middleware: leads from every page but `OPEN` to the password page while `must_change_password` is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        """Return where to go instead, or None where the page may open."""
        place = request.resolver_match
        if request.path.startswith(ANSWERS_ITSELF) or (place is not None and place.url_name in OPEN):
            return None
        if not getattr(request.user, "must_change_password", False):
            return None
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(reverse("password"))
        return redirect("password")
