"""The page of a system's metrics."""

from __future__ import annotations

import pytest

from governance.approvals.models import Approval
from governance.specs import sheet
from tests.api.asking import Asking
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


def test_a_steward_reads_what_rests_on_a_sheet_and_withdraws_it(
    world: World, as_person: SignedIn, approval: Approval
) -> None:
    candidate = world.open_candidate(number="2")
    steward = as_person(world.people.steward)
    page = " ".join(steward.get(PAGE).text.split())
    assert f'These rest on it: <a href="/approvals/{approval.pk}/">A-{approval.pk}</a> for us/outreach/phone' in page
    assert f'have to be judged anew: <a href="/candidates/{candidate.pk}/">C-{candidate.pk}</a>.' in page
    assert "Withdraw the approved sheet" not in as_person(world.people.board).get(PAGE).text
    given = {"metric": "recall", "digest": sheet.digest(sheet.make("recall", ANSWERS)), "because": ""}
    refused = steward.post(f"{PAGE}withdraw/", given)
    assert refused.status_code == 422
    assert "<details open><summary>Withdraw the approved sheet" in refused.text
    sent = steward.post(f"{PAGE}withdraw/", given | {"because": "It counts letters."}, follow=True).text
    assert "recall gates nothing any more." in sent
    assert "<strong>It was withdrawn:</strong> It counts letters." in sent
    assert "nothing can be shown by <code>recall</code>" in sent
    assert "Approve the sheet" not in as_person(world.people.second_board).get("/").text


def test_the_api_withdraws_a_sheet_and_tells_before_what_rests_on_it(world: World, approval: Approval) -> None:
    asking = Asking(world)
    resting = asking.get("steward", "systems/outreach/sheets/recall/consequences").json()
    assert resting == {"approvals": [approval.pk], "candidates": []}
    assert asking.get("steward", "systems/outreach/sheets/kindness/consequences").status_code == 404
    [row] = asking.get("auditor", "systems/outreach/sheets").json()
    assert row["approval"]["withdrawal"] is None
    given = {"metric": "recall", "digest": row["digest"], "because": "It counts letters."}
    sent = asking.post("steward", "systems/outreach/sheet-withdrawals", given)
    assert (sent.status_code, sent.json()["because"]) == (201, "It counts letters.")
    [row] = asking.get("auditor", "systems/outreach/sheets/recall").json()
    assert row["approval"]["withdrawal"]["withdrawn_by"]["name"] == world.people.steward.name
