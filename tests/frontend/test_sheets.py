"""The page of a system's metrics."""

from __future__ import annotations

import pytest

from governance.specs import sheet
from tests.factories.world import ANSWERS, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
PAGE = "/systems/outreach/metrics/"


def test_a_steward_writes_a_sheet_and_the_board_finds_and_approves_it(world: World, as_person: SignedIn) -> None:
    sent = as_person(world.people.steward).post(f"{PAGE}write/", {"metric": "recall", **ANSWERS}, follow=True)
    assert "The sheet of recall is written" in sent.text
    board = as_person(world.people.board)
    assert "Approve the sheet of recall" in board.get("/").text
    given = {"metric": "recall", "digest": sheet.digest(sheet.make("recall", ANSWERS))}
    assert given["digest"] in board.get(PAGE).text
    assert "recall can gate" in board.post(f"{PAGE}approve/", given, follow=True).text
    assert "Approve the sheet" not in board.get("/").text


def test_what_is_not_answered_is_said_beside_its_question_and_nothing_typed_is_lost(
    world: World, as_person: SignedIn
) -> None:
    typed = {"metric": "recall", **ANSWERS, "owner": "", "stance": "Being seen is good."}
    refused = as_person(world.people.steward).post(f"{PAGE}write/", typed)
    assert refused.status_code == 422
    assert sheet.QUESTIONS["owner"] in refused.text
    assert "Being seen is good." in refused.text
    assert "No sheet is written yet" in refused.text


def test_it_says_which_metric_of_the_specification_cannot_gate(world: World, as_person: SignedIn) -> None:
    world.approve_sheets = lambda metrics: None  # type: ignore[method-assign]
    world.ratify()
    page = as_person(world.people.steward).get(PAGE).text
    assert "nothing can be shown by <code>recall</code>" in page
    assert 'value="recall"' in as_person(world.people.steward).get(f"{PAGE}?metric=recall").text
    world.write_sheet("recall")
    assert "not approved" in as_person(world.people.auditor).get(PAGE).text
