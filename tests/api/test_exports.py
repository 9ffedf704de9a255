"""Exports over REST: each format under its media type, and nothing for whoever may not see the system."""

from __future__ import annotations

import pytest

from governance.approvals.models import Approval
from governance.exports.formats import FORMATS
from tests.api.asking import Asking

MODEL = "models:/outreach-model/1"
CYCLONEDX = "application/vnd.cyclonedx+json"


@pytest.fixture
def places(approval: Approval) -> tuple[str, str]:
    """Where the exports of a system and of a candidate begin."""
    return "systems/outreach/exports/", f"candidates/{approval.decision.revision.candidate_id}/exports/"


@pytest.mark.parametrize("form", FORMATS)
def test_a_system_a_version_and_a_candidate_come_in_every_format(
    asking: Asking, places: tuple[str, str], form: str
) -> None:
    system, candidate = places
    answers = [
        asking.get("auditor", system + form),
        asking.get("auditor", system + form, model=MODEL),
        asking.get("auditor", candidate + form),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer["Content-Type"] for answer in answers} == {FORMATS[form].media_type}
    assert [answer["Content-Disposition"].split("-")[1].split(".")[0] for answer in answers] == [
        "system",
        "version",
        "candidate",
    ]
    assert all(b"outreach-model" in answer.content for answer in answers)


def test_cyclonedx_comes_as_plain_json_to_whoever_asks_for_that(asking: Asking, places: tuple[str, str]) -> None:
    client = asking.as_("auditor")
    plain = client.get(f"/api/v1/{places[0]}cyclonedx", HTTP_ACCEPT="application/json")
    assert plain["Content-Type"] == "application/json"
    assert plain.content == client.get(f"/api/v1/{places[0]}cyclonedx", HTTP_ACCEPT=CYCLONEDX).content


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("who", ["outsider", "pipeline"])
def test_what_is_hidden_and_what_is_missing_are_answered_alike(
    asking: Asking, places: tuple[str, str], form: str, who: str
) -> None:
    hidden = [asking.get(who, place + form) for place in places]
    missing = [asking.get(who, f"{place}/exports/{form}") for place in ("systems/nothing", "candidates/999999")]
    assert [answer.status_code for answer in hidden + missing] == [404] * 4
    assert [answer.json() for answer in hidden] == [answer.json() for answer in missing]


def test_a_version_that_is_not_there_is_named(asking: Asking, places: tuple[str, str]) -> None:
    unknown = asking.get("auditor", places[0] + "prov", model="models:/outreach-model/9")
    assert (unknown.status_code, "models:/outreach-model/9" in unknown.json()["detail"]) == (404, True)
    malformed = asking.get("auditor", places[0] + "prov", model="outreach-model")
    assert malformed.status_code == 422
    assert asking.get("auditor", places[0] + "prov", version="1").status_code == 422
