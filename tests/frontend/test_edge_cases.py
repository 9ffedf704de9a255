"""The page of a system's edge cases."""

from __future__ import annotations

import pytest

from governance.evidence.models import EdgeCaseExposure
from tests.api.asking import Asking
from tests.factories.evidence import EDGE_CASES
from tests.factories.world import World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
PAGE = "/systems/outreach/edge-cases/"
SECRET = "Two people call at once"


def test_a_facilitator_keeps_a_case_and_it_is_held_out(world: World, as_person: SignedIn) -> None:
    facilitator = as_person(world.people.facilitator)
    sent = facilitator.post(f"{PAGE}write/", {"text": EDGE_CASES}, follow=True)
    assert "Version 1 of who-waits is written." in sent.text
    assert "Never used" in sent.text
    assert SECRET not in sent.text
    refused = facilitator.post(f"{PAGE}write/", {"text": "key: x"})
    assert refused.status_code == 422
    assert "The edge cases are refused" in refused.text
    assert "key: x" in refused.text


def test_an_engineer_reads_them_on_record_and_nobody_else_sees_them(world: World, as_person: SignedIn) -> None:
    world.write_edge_cases()
    engineer = as_person(world.people.engineer)
    assert "Read the held-out cases" in engineer.get(PAGE).text
    given = {"key": "who-waits", "version": 1, "because": "To evaluate version 2."}
    assert SECRET in engineer.post(f"{PAGE}read/", given).text
    assert EdgeCaseExposure.objects.get().by == world.people.engineer
    auditor = as_person(world.people.auditor).get(PAGE).text
    assert "Used 1 time" in auditor
    assert "To evaluate version 2." in auditor
    assert SECRET not in auditor
    assert "Read the held-out cases" not in auditor
    assert engineer.post(f"{PAGE}read/", given | {"because": ""}).status_code == 422


def test_what_is_for_development_is_there_for_everybody(world: World, as_person: SignedIn) -> None:
    world.write_edge_cases(EDGE_CASES.replace("held-out", "development"))
    assert SECRET in as_person(world.people.participant_good).get(PAGE).text


def test_the_api_withholds_what_is_held_out(world: World) -> None:
    world.write_edge_cases()
    asking = Asking(world)
    [row] = asking.get("auditor", "systems/outreach/edge-cases").json()
    assert (row["document"], row["demoted"], row["exposures"]) == (None, False, [])
    given = {"key": "who-waits", "version": 1, "because": "To evaluate."}
    opened = asking.post("engineer", "systems/outreach/edge-case-openings", given)
    assert opened.json()["document"]["cases"][0]["situation"].startswith(SECRET)
    [row] = asking.get("auditor", "systems/outreach/edge-cases").json()
    assert row["exposures"][0]["because"] == "To evaluate."
    wrong = asking.post("steward", "systems/outreach/edge-cases", {"text": "key: x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-edge-cases")
