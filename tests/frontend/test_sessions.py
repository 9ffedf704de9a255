"""Nothing that was typed is lost when a session ends, and nobody else reads it."""

from __future__ import annotations

import pytest
from django.test import Client

from governance.accounts.models import User
from governance.approvals.models import ReleaseCandidate, SignOff
from tests import people
from tests.factories.world import World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
REASON = "Letters come too late."


def _sign_in(client: Client, name: str, to: str) -> None:
    sent = {"username": f"{name.replace('_', '-')}@example.org", "password": people.PASSWORD, "next": to}
    assert client.post("/sign-in/", sent)["Location"] == to


def _objection(by: User) -> dict[str, str]:
    said = {"shown_digest": "0" * 64, "role": "board_member", "stance": "object", "reason": REASON}
    return said | {"written_by": by.actor}


def test_an_objection_comes_back_filled_after_signing_in_again(world: World) -> None:
    candidate, client = world.open_candidate(), Client()
    page = f"/candidates/{candidate.pk}/"
    ended = client.post(f"{page}sign/", _objection(world.people.board))
    assert ended["Location"] == f"/sign-in/?next={page}"
    assert "nothing was sent" in client.get(ended["Location"]).content.decode()
    _sign_in(client, "board", page)
    back = client.get(page)
    form = back.context["forms"]["sign"]
    assert (form["stance"].value(), form["reason"].value()) == ("object", REASON)
    assert "It has not been sent." in back.content.decode()
    assert not SignOff.objects.exists()


def test_what_came_back_is_forgotten_once_it_is_sent(world: World) -> None:
    candidate, client = world.open_candidate(), Client()
    page = f"/candidates/{candidate.pk}/"
    client.post(f"{page}sign/", _objection(world.people.board))
    _sign_in(client, "board", page)
    shown = client.get(page).context["forms"]["sign"]
    stale = client.post(f"{page}sign/", _objection(world.people.board))
    assert stale.status_code == 409
    assert shown.is_given_back
    assert not client.get(page).context["forms"]["sign"].is_given_back


def test_a_form_sent_with_what_an_earlier_page_showed_can_be_sent_again_from_the_page_that_says_so(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    client = as_person(world.people.board)
    refused = client.post(f"/candidates/{candidate.pk}/sign/", _objection(world.people.board))
    again = refused.context["forms"]["sign"]
    sent = {"role": "board_member", "stance": "object", "reason": REASON, "shown_digest": again["shown_digest"].value()}
    assert client.post(f"/candidates/{candidate.pk}/sign/", sent).status_code == 302
    assert SignOff.objects.get().reason == REASON


def test_somebody_else_on_the_same_browser_reads_nothing_of_it(world: World) -> None:
    candidate, client = world.open_candidate(), Client()
    page = f"/candidates/{candidate.pk}/"
    client.post(f"{page}sign/", _objection(world.people.board))
    _sign_in(client, "second_board", page)
    assert REASON not in client.get(page).content.decode()


def test_a_ballot_is_never_kept(world: World) -> None:
    deliberated, client = world.prepare_deliberation(digest=world.draft()), Client()
    world.open_voting(deliberated)
    page = f"/deliberations/{deliberated.pk}/"
    sent = {"ranking": ["adopt"], "written_by": world.people.participant_good.actor}
    assert client.post(f"{page}ballot/", sent)["Location"] == f"/sign-in/?next={page}"
    assert "unsent" not in client.session


def test_a_draft_comes_back_with_what_it_would_replace(world: World) -> None:
    client, page = Client(), "/systems/outreach/specification/draft/"
    steward = world.people.steward
    client.post(f"{page}save/", {"text": "key: mine\n", "replaces": "", "written_by": steward.actor})
    world.draft()
    _sign_in(client, "steward", page)
    form = client.get(page).context["form"]
    assert (form["text"].value(), form["replaces"].value()) == ("key: mine\n", "")


def test_a_part_of_a_page_is_not_replaced_by_the_page_on_which_one_signs_in() -> None:
    response = Client().post(
        "/systems/outreach/specification/draft/lint/", {"text": "a: 1"}, headers={"hx-request": "true"}
    )
    assert response["HX-Redirect"] == "/sign-in/?next=/systems/outreach/specification/draft/"


@pytest.mark.parametrize("path", ["/", "/systems/outreach/"])
def test_a_page_answers_to_a_question_about_its_headers(path: str, as_person: SignedIn, world: World) -> None:
    response = as_person(world.people.board).head(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("number", ["%00", "1.0", "newest", "1.0.0-rc1"])
def test_an_address_that_names_no_version_is_not_there(number: str, as_person: SignedIn, world: World) -> None:
    response = as_person(world.people.steward).get(f"/systems/outreach/specification/{number}/")
    assert response.status_code == 404


@pytest.mark.parametrize(("key", "name"), [("missing", "steward"), ("outreach", "outsider")])
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
def test_a_text_is_checked_only_on_a_system_that_is_there(
    key: str, name: str, headers: dict[str, str], as_person: SignedIn, world: World
) -> None:
    client = as_person(world.people.by_name[name])
    address = f"/systems/{key}/specification/draft/lint/"
    assert client.post(address, {"text": "key: 1\n"}, headers=headers).status_code == 404
