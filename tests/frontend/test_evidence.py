"""The page of a system's evidence: what was found, how it was read, and a form for a file."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from frontend.forms import evidence as forms
from governance.evidence import uploading, uploads
from governance.evidence.models import EvaluationRun
from governance.specs.models import SpecificationVersion
from lineage.models import ModelVersion
from tests.factories import evidence as tables
from tests.factories.world import PASSING, World
from tests.frontend.conftest import SignedIn

PAGE = "/systems/outreach/evidence/"
CONTENT = tables.lines(tables.cases(PASSING))


@pytest.fixture
def model(world: World, specification: SpecificationVersion) -> str:
    """A registered version of a system with a specification."""
    return world.register().model_version.uri


def form(uri: str, **changed: Any) -> dict[str, Any]:
    return {
        "model": uri,
        "file": SimpleUploadedFile("cases.csv", CONTENT),
        "level": "response",
        "evaluated_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}",
    } | changed


def test_an_engineer_brings_in_a_file_and_everybody_sees_what_it_came_to(
    world: World, model: str, as_person: SignedIn
) -> None:
    sent = as_person(world.people.engineer).post(f"{PAGE}upload/", form(model), follow=True)
    assert f"cases.csv is recorded as evidence about {model}: 500 cases." in sent.text
    page = as_person(world.people.participant_good).get(PAGE).text
    assert re.search(r"file <strong>cases\.csv</strong>", page)
    assert "poor health" in page
    assert re.search(r"0\.8\d+ to 0\.9\d+", page)
    assert "Bring in a file" not in page


def test_rows_that_count_for_nothing_are_told_on_the_page(world: World, model: str, as_person: SignedIn) -> None:
    engineer, misspelt = as_person(world.people.engineer), CONTENT.replace(b",recall,", b",recal,", 3)
    assert misspelt != CONTENT
    engineer.post(f"{PAGE}upload/", form(model, file=SimpleUploadedFile("cases.csv", misspelt)))
    page = html.unescape(engineer.get(PAGE).text)
    assert "3 rows record 'recal', about which no criterion asks. Did you mean 'recall'?" in page


def test_the_bytes_are_there_again_for_engineers_and_auditors(world: World, model: str, as_person: SignedIn) -> None:
    as_person(world.people.engineer).post(f"{PAGE}upload/", form(model))
    digest = EvaluationRun.objects.get().table_digest
    assert as_person(world.people.auditor).get(f"{PAGE}{digest}").getvalue() == CONTENT
    assert as_person(world.people.participant_good).get(f"{PAGE}{digest}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": SimpleUploadedFile("cases.csv", b"case_id,metric\n")}, "it has no rows"),
        ({"file": SimpleUploadedFile("cases.csv", b"a,b\n1,2\n")}, "which column is which"),
        ({"mapping": "case_id: [x]"}, "case_id"),
        (
            {"model": "models:/outreach-model/9"},
            "is not known here. Did you mean `models:/outreach-model/1`?",
        ),
        ({"file": ""}, "This field is required"),
        ({"evaluated_at": ""}, "nothing says when the evaluation began"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    world: World, model: str, as_person: SignedIn, changed: dict[str, Any], said: str
) -> None:
    refused = as_person(world.people.engineer).post(f"{PAGE}upload/", form(model, **changed))
    assert refused.status_code == 422
    assert said in refused.text
    assert '<details id="upload" open>' in refused.text
    assert EvaluationRun.objects.count() == 0


def test_a_file_that_is_too_long_is_not_read(
    world: World, model: str, as_person: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_AT_ONCE", 10)
    assert "the most here is 10" in as_person(world.people.engineer).post(f"{PAGE}upload/", form(model)).text


def test_a_large_file_is_shown_on_its_way_until_it_ends(world: World, model: str, as_person: SignedIn) -> None:
    row = world.begin_upload(ModelVersion.objects.get(), CONTENT)
    engineer = as_person(world.people.engineer)
    page = engineer.get(PAGE).text
    assert "of it are here" in page
    assert 'hx-trigger="every 2s"' in page
    uploads.receive(
        system_key="outreach", upload_id=row.pk, offset=0, content=CONTENT, by=world.people.engineer, at=world.tick()
    )
    assert "0 % of it have been read" in engineer.get(f"{PAGE}on-their-way/").text
    uploading.read(upload_id=row.pk, at=world.tick())
    ended = engineer.get(f"{PAGE}on-their-way/").text
    assert "It is evidence: 500 cases." in ended
    assert "hx-trigger" not in ended
    assert "Large files" not in as_person(world.people.participant_good).get(PAGE).text
    assert as_person(world.people.outsider).get(f"{PAGE}on-their-way/").status_code == 404


def test_a_large_file_that_is_none_says_what_is_wrong_and_where(world: World, model: str, as_person: SignedIn) -> None:
    content = CONTENT.replace(b"recall-7,recall,1", b"recall-7,recall,x")
    row = world.begin_upload(ModelVersion.objects.get(), content)
    uploads.receive(
        system_key="outreach", upload_id=row.pk, offset=0, content=content, by=world.people.engineer, at=world.tick()
    )
    uploading.read(upload_id=row.pk, at=world.tick())
    page = as_person(world.people.auditor).get(PAGE).text
    assert "It is no evidence" in page
    assert "line 9, column value" in page


def test_runs_are_shown_with_what_they_claimed_and_whether_they_came_too_early(
    world: World, model: str, as_person: SignedIn
) -> None:
    version = world.mirror("2")
    world.give_evidence(version)
    page = as_person(world.people.auditor).get(PAGE, {"model": version.uri}).text
    assert "edgewise/cases.json" in page
    assert "outreach-model 2" in page
    assert "No evidence yet about" in as_person(world.people.auditor).get(PAGE, {"model": model}).text


@pytest.mark.parametrize("path", [f"{PAGE}%00", "/systems/outreach/versions/us/outreach/%00/"])
def test_an_address_that_no_database_can_hold_is_not_there(world: World, as_person: SignedIn, path: str) -> None:
    assert as_person(world.people.engineer).get(path).status_code == 404
