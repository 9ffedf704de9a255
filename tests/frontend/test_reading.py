"""Every page, in every state of the main job, for everybody."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from governance.approvals.models import Approval, ReleaseCandidate
from governance.audit import services as audit
from tests import people
from tests.factories.world import FAILING, FEW, SPECIFICATION, UNEQUAL, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db

LOOSER = SPECIFICATION.replace("version: 1.0.0", "version: 2.0.0").replace("min_n: 50", "min_n: 40")
INLINE = re.compile(r"<[^>]+\s(style|on[a-z]+)\s*=", re.IGNORECASE)
SCRIPTED = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)


def _page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    text = response.content.decode()
    assert not INLINE.search(text), path
    assert not SCRIPTED.search(text), path
    return text


@pytest.fixture
def decided(world: World, approval: Approval) -> World:
    """Version 1 approved, its log sequenced."""
    audit.integrate(at=world.tick())
    return world


PATHS = (
    "/",
    "/systems/",
    "/systems/outreach/",
    "/systems/outreach/versions/us/outreach/phone/",
    "/systems/outreach/metrics/",
    "/systems/outreach/evidence/",
    "/systems/outreach/edge-cases/",
    "/systems/outreach/specification/",
    "/systems/outreach/specification/1.0.0/",
    "/systems/outreach/specification/draft/",
    "/systems/outreach/specification/compare/",
)


def test_whoever_has_a_role_reads_every_page_without_inline_script_or_style(
    decided: World, as_person: SignedIn
) -> None:
    decided.draft(LOOSER)
    system = decided.system
    candidate, approval = system.candidates.get().pk, system.approvals.get().pk
    deliberation = system.deliberations.get().pk
    paths = (*PATHS, f"/candidates/{candidate}/", f"/approvals/{approval}/", f"/deliberations/{deliberation}/")
    for name in (*people.ROLES, "administrator"):
        client = as_person(decided.people.by_name[name])
        for path in paths:
            _page(client, path)


@pytest.mark.parametrize(
    "path", ["/systems/outreach/", "/systems/outreach/versions/us/outreach/phone/", "/systems/none/"]
)
def test_what_is_missing_and_what_is_hidden_look_the_same(decided: World, as_person: SignedIn, path: str) -> None:
    response = as_person(decided.people.outsider).get(path)
    assert response.status_code == 404
    assert "Outreach assistant" not in response.content.decode()


def test_whoever_is_not_signed_in_is_asked_to(decided: World) -> None:
    response = Client().get("/systems/outreach/")
    assert response["Location"] == "/sign-in/?next=/systems/outreach/"


def test_a_person_signs_in_by_address_and_password(decided: World) -> None:
    client = Client()
    wrong = client.post("/sign-in/", {"username": "board@example.org", "password": "wrong"})
    assert "do not belong together" in wrong.content.decode()
    right = client.post("/sign-in/", {"username": "Board@example.org", "password": people.PASSWORD})
    assert right["Location"] == "/"


@pytest.mark.parametrize(
    ("counts", "word", "sentence"),
    [
        (FAILING, "Blocked", "1 of 5 checks fails (tier 0)"),
        (FEW, "Blocked", "1 of 5 checks lacks evidence"),
        (UNEQUAL, "Blocked", "1 route open"),
        (None, "In signing", "All 5 checks pass"),
    ],
)
def test_a_candidate_says_in_a_sentence_how_it_stands(
    as_person: SignedIn, counts: dict[str, tuple[int, int]] | None, word: str, sentence: str, world: World
) -> None:
    candidate = world.open_candidate(counts)
    text = _page(as_person(world.people.board), f"/candidates/{candidate.pk}/")
    assert f'<span class="state">{word}</span>' in text
    assert sentence.lower() in text.lower()


def test_numbers_come_with_what_they_rest_on(as_person: SignedIn, world: World) -> None:
    candidate = world.open_candidate(FAILING)
    text = re.sub(r"<[^>]+>|\s+", " ", _page(as_person(world.people.auditor), f"/candidates/{candidate.pk}/"))
    assert "0.40 [0.32, 0.52]" in text
    assert "n=100 ≥ 0.70" in text


def test_dissent_stands_beside_the_outcome(decided: World, as_person: SignedIn) -> None:
    candidate = decided.system.candidates.get()
    text = _page(as_person(decided.people.auditor), f"/candidates/{candidate.pk}/")
    assert text.index("<h3>Outcome</h3>") < text.index("<h3>Dissent</h3>")
    assert "The threshold is too low for people who cannot come in." in text


def test_a_quorum_still_says_how_many_of_how_many_after_closing(decided: World, as_person: SignedIn) -> None:
    candidate = decided.system.candidates.get()
    assert "2 of 2 approve" in _page(as_person(decided.people.auditor), f"/candidates/{candidate.pk}/")


def test_who_may_not_sign_reads_why(as_person: SignedIn, world: World, candidate: ReleaseCandidate) -> None:
    from governance.approvals import services

    by = world.people.second_board
    services.declare_conflict(candidate_id=candidate.pk, reason="My brother trained it.", by=by, at=world.tick())
    text = _page(as_person(by), f"/candidates/{candidate.pk}/")
    assert "you may not sign. You declared a conflict of interest." in text
    assert f"/candidates/{candidate.pk}/sign/" not in text


def test_no_page_shows_how_somebody_else_voted(decided: World, as_person: SignedIn) -> None:
    deliberation = decided.system.deliberations.get()
    theirs = _page(as_person(decided.people.participant_limited), f"/deliberations/{deliberation.pk}/")
    others = _page(as_person(decided.people.board), f"/deliberations/{deliberation.pk}/")
    assert "Your receipt" in theirs
    assert "Your receipt" not in others
    assert not any(str(ballot.pseudonym) in others or ballot.salt in theirs for ballot in deliberation.ballots.all())


def test_an_address_is_locked_after_ten_wrong_tries(decided: World) -> None:
    client = Client()
    tries = [client.post("/sign-in/", {"username": "board@example.org", "password": str(n)}) for n in range(10)]
    assert [response.status_code for response in tries] == [200] * 9 + [429]
    assert "Too many wrong tries" in tries[-1].content.decode()
