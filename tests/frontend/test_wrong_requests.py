"""A request that cannot be taken is answered by a page of the site with a way on."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests.factories.world import World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
WAY_ON = '<a class="btn btn-primary" href="/">'


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("post", "/", "GET, HEAD"),
        ("get", "/sign-out/", "POST, OPTIONS"),
        ("get", "/systems/outreach/candidates/open/", "POST"),
        ("put", "/log/verify/", "POST"),
    ],
)
def test_a_wrong_method_is_a_page_that_leads_on(
    world: World, as_person: SignedIn, method: str, path: str, allowed: str
) -> None:
    for client in (as_person(world.people.board), Client()):
        response = getattr(client, method)(path)
        assert (response.status_code, response["Allow"]) == (405, allowed)
        assert WAY_ON in response.content.decode()
        assert 'class="site-head"' in response.content.decode()


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=2)
def test_a_form_that_is_too_long_is_a_page_that_leads_on(world: World, as_person: SignedIn) -> None:
    response = as_person(world.people.auditor).post("/log/verify/", {"a": 1, "b": 2, "c": 3})
    assert response.status_code == 400
    assert WAY_ON in response.content.decode()


def test_a_name_that_the_site_does_not_know_is_a_page_that_leads_on() -> None:
    response = Client().get("/sign-in/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "use the address that whoever runs it gave you" in response.content.decode()
    assert 'class="site-head"' in response.content.decode()
