"""A page for whoever asks an address in a way that it does not take, such as reading one that only takes forms."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render

from frontend.first_password import ANSWERS_ITSELF


class WrongMethod:
    """Middleware: gives Django's bare answer to a wrong method (405) the look of the site, and a way on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.path.startswith(ANSWERS_ITSELF):
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page
