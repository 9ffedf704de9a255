"""Every registered action has an address, and the description of the API is valid."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from api import routes, urls
from governance import actions

UNREACHABLE_ON_PURPOSE = {actions.MACHINE}
SIGNED_IN_ONLY = {"accounts.password.change"}
"""Verbs that no token performs, and that therefore have a page and no address here."""


def test_every_action_of_a_person_has_exactly_one_route() -> None:
    verbs = [route.verb for route in routes.routes() if route.verb]
    wanted = {v for v, action in actions.register().items() if action.permission not in UNREACHABLE_ON_PURPOSE}
    assert len(verbs) == len(set(verbs))
    assert set(verbs) == wanted - SIGNED_IN_ONLY


def test_reading_never_carries_a_verb() -> None:
    assert not [route for route in routes.routes() if route.method == "GET" and route.verb]


def test_every_route_stands_in_the_table_of_addresses() -> None:
    lines = [line.split() for line in (urls.__doc__ or "").splitlines() if line.startswith("    ")]
    written = {(words[0], words[1].count("/")) for words in lines if words[0] in ("GET", "POST", "PUT")}
    count = sum(words[0] in ("GET", "POST", "PUT") for words in lines)
    assert count == len(routes.routes())
    assert written == {(route.method, route.path.count("/")) for route in routes.routes()}


def test_the_description_is_valid_openapi_without_warnings() -> None:
    written = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=written, stderr=StringIO())
    assert written.getvalue().startswith("openapi: 3.1.0")


@pytest.mark.django_db
def test_the_documentation_page_loads_nothing_inline_and_nothing_from_elsewhere() -> None:
    client = Client()
    page = client.get("/api/docs/")
    body = page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert body.count("<script") == body.count("<script src=")
    assert "<style" not in body
    assert "//" not in body.replace("<!doctype html>", "")
    assert "/api/schema/?format=json" in client.get("/api/docs/start.js").content.decode()
    assert client.get("/api/schema/?format=json").status_code == 200
