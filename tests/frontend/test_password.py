"""One's own password: chosen on a page, and nothing else opens while somebody else knows it."""

from __future__ import annotations

import pytest
from django.test import Client

from governance.accounts import services
from governance.accounts.models import User
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
CHOSEN = "a battery of staples and horses"
CHANGE = "/password/change/"


def _form(*, current: str = PASSWORD, new: str = CHOSEN, again: str = CHOSEN) -> dict[str, str]:
    return {"current": current, "new": new, "again": again}


@pytest.fixture
def newcomer(world: World) -> User:
    """Somebody whose password the administrator chose."""
    by = world.people.administrator
    return services.add_user(email="new@example.org", name="New", password=PASSWORD, by=by, at=world.tick())


def test_changing_it_ends_every_other_session(as_person: SignedIn, world: World) -> None:
    board = world.people.board
    here, elsewhere = as_person(board), as_person(board)
    response = here.post(CHANGE, _form(), follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "Your password is changed." in response.content.decode()
    assert here.get("/systems/").status_code == 200
    assert elsewhere.get("/systems/").url.startswith("/sign-in/")
    assert Client().post("/sign-in/", {"username": board.email, "password": CHOSEN}).url == "/"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_form(current="wrong"), "is not your password."),
        (_form(new="short", again="short"), "at least 12 characters"),
        (_form(again="something else"), "This is not the new password above."),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    as_person: SignedIn, world: World, form: dict[str, str], said: str
) -> None:
    response = as_person(world.people.board).post(CHANGE, form)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_first_password_leads_from_every_page_to_the_choice_of_another(newcomer: User) -> None:
    client = Client()
    entered = client.post("/sign-in/", {"username": newcomer.email, "password": PASSWORD}, follow=True)
    assert entered.redirect_chain[-1] == ("/password/", 302)
    assert "Somebody else chose the password" in entered.content.decode()
    for page in ("/", "/systems/", "/systems/outreach/", "/log/"):
        assert client.get(page).url == "/password/"
    assert client.post("/systems/outreach/candidates/open/", {}).url == "/password/"
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == "/password/"
    assert client.post(CHANGE, _form(), follow=True).redirect_chain == [("/", 302)]
    assert client.get("/systems/").status_code == 200


def test_a_first_password_opens_nothing_of_the_api_either(newcomer: User, as_person: SignedIn) -> None:
    client = as_person(newcomer)
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "password-not-own")
    assert client.get("/api/graphql/?query={systems{edges{node{key}}}}").status_code == 403


def test_whoever_has_a_first_password_can_sign_out(newcomer: User, as_person: SignedIn) -> None:
    assert as_person(newcomer).post("/sign-out/").url == "/sign-in/"
