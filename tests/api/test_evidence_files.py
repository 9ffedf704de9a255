"""Evidence from a file over REST: a form with the file, the answer with what its cases come to, and the bytes again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from api.rest import evidence_files
from governance import canonical
from governance.audit.models import Leaf
from governance.evidence import uploading
from governance.evidence.models import EvaluationRun, EvidenceUpload
from governance.specs.models import SpecificationVersion
from tests.api.asking import ROOT, Asking
from tests.factories import evidence as tables
from tests.factories.world import PASSING, World

FILES = f"{ROOT}systems/outreach/evidence-files"
CONTENT = tables.lines(tables.cases(PASSING))


@pytest.fixture
def model(world: World, specification: SpecificationVersion) -> str:
    """A registered version of a system with a specification."""
    return world.register().model_version.uri


def sent(asking: Asking, model: str, *, by: str = "engineer", name: str = "cases.csv", **changed: Any) -> Any:
    told = {
        "model": model,
        "file": SimpleUploadedFile(name, CONTENT),
        "level": "response",
        "evaluated_at": datetime.now(UTC).isoformat(),
    }
    form = {name: value for name, value in (told | changed).items() if value is not None}
    return asking.as_(by).post(FILES, form, format="multipart")


def test_an_upload_answers_with_every_figure_that_its_cases_come_to(asking: Asking, model: str) -> None:
    response = sent(asking, model)
    assert response.status_code == 201, response.content
    answer = response.json()
    assert (answer["file"]["name"], answer["cases"], answer["evaluator"]) == ("cases.csv", 500, "")
    assert {row["n"] for row in answer["observations"]} == {100}
    [listed] = asking.get("engineer", "systems/outreach/evidence", model=model).json()["results"]
    assert listed["file"] == answer["file"]


def test_the_same_cases_are_not_chosen_from_anew_and_missing_ones_are_told(asking: Asking, model: str) -> None:
    assert sent(asking, model).json()["remarks"] == []
    header, *lines = CONTENT.decode().splitlines()
    turned = "\n".join([header, *reversed(lines)]).encode()
    chosen = "{case_id: case_id, metric: metric, value: value, context: context, where: {limited: 'no'}, "
    chosen += "attributes: {health: health, limited: limited}}"
    refused = sent(asking, model, file=SimpleUploadedFile("cases.csv", turned), mapping=chosen)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "read-otherwise")
    assert refused.json()["problems"][0]["where"] == "metric recall"
    fewer = "\n".join([header, *lines[8:]]).encode()
    second = sent(asking, model, file=SimpleUploadedFile("cases.csv", fewer)).json()
    assert second["remarks"][0].startswith("8 of the 500 cases that evaluation file:")
    data = json.loads(bytes(Leaf.objects.get(pk=second["leaf"]).entry))["data"]
    assert (data["content"], data["missing"]) == (canonical.digest(second["content"]), 8)


def test_engineers_and_auditors_get_the_very_bytes_again_and_nobody_else(asking: Asking, model: str) -> None:
    digest = sent(asking, model).json()["table_digest"]
    for name in ("engineer", "auditor"):
        again = asking.as_(name).get(f"{FILES}/{digest}")
        assert (again.status_code, again.getvalue()) == (200, CONTENT)
        assert again.headers["Content-Disposition"].startswith("attachment")
    assert asking.as_("participant_good").get(f"{FILES}/{digest}").status_code == 403
    assert asking.as_("outsider").get(f"{FILES}/{digest}").status_code == 404
    assert asking.as_("auditor").get(f"{FILES}/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"file": None}, "file"),
        ({"file": "text"}, "file"),
        ({"level": "guess"}, "level"),
        ({"level": None}, "level"),
        ({"evaluated_at": "yesterday"}, "evaluated_at"),
        ({"evaluated_at": None}, "evaluated_at"),
        ({"format": "excel"}, "format"),
        ({"model_digest": "abc"}, "model_digest"),
        ({"mapping": "case_id: [a]\nvalues: {recall: value}\ncontext: context\n"}, "case_id"),
        ({"group": "poor"}, "group"),
        ({"name": "cases.xlsx"}, "format"),
        ({"file": SimpleUploadedFile("cases.csv", b"")}, "file"),
    ],
)
def test_what_is_wrong_with_an_upload_is_named(asking: Asking, model: str, changed: dict[str, Any], where: str) -> None:
    response = sent(asking, model, **changed)
    assert response.status_code == 422, response.content
    assert where in [problem["where"] for problem in response.json()["problems"]]
    assert EvaluationRun.objects.count() == 0


def test_an_upload_that_is_too_long_is_not_read(asking: Asking, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_files.EvidenceFiles, "largest_body", 100)
    assert sent(asking, model).status_code == 413


def test_a_mapping_that_is_too_long_for_memory_and_a_form_of_too_many_fields_are_refused(
    asking: Asking, model: str
) -> None:
    assert sent(asking, model, mapping="x" * 3_000_000).status_code == 413
    assert sent(asking, model, **{f"field{number}": "x" for number in range(2000)}).status_code == 413


def test_json_is_no_upload_and_a_key_is_not_taken(asking: Asking, model: str) -> None:
    assert asking.post("engineer", "systems/outreach/evidence-files", {"model": model}).status_code == 415
    form = {"model": model, "file": SimpleUploadedFile("cases.csv", CONTENT), "level": "response"}
    keyed = asking.as_("engineer").post(FILES, form, format="multipart", headers={"Idempotency-Key": "once"})
    assert (keyed.status_code, keyed.json()["problems"][0]["where"]) == (422, "Idempotency-Key")


def test_a_hostile_name_is_a_name_and_no_path(asking: Asking, model: str) -> None:
    answer = sent(asking, model, name="../../etc/<b>cases</b>.csv").json()
    assert "/" not in answer["file"]["name"]
    assert json.dumps(answer).count("..") == 0


UPLOADS = "systems/outreach/evidence-uploads"


def begun(asking: Asking, model: str, *, by: str = "engineer", **changed: Any) -> Any:
    told = {
        "model": model,
        "name": "cases.csv",
        "size": len(CONTENT),
        "digest": hashlib.sha256(CONTENT).hexdigest(),
        "level": "response",
        "evaluated_at": datetime(2026, 1, 31, tzinfo=UTC).isoformat(),
    }
    return asking.post(by, UPLOADS, {name: value for name, value in (told | changed).items() if value is not None})


def part(asking: Asking, row: dict[str, Any], offset: int, content: bytes) -> Any:
    form = {"offset": offset, "part": SimpleUploadedFile("part", content)}
    return asking.as_("engineer").post(f"/api/v1/{UPLOADS}/{row['id']}/parts", form, format="multipart")


def test_a_large_file_is_sent_in_parts_and_says_how_far_it_is(asking: Asking, model: str) -> None:
    answer = begun(asking, model)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["state"], row["received"], row["evaluation"]) == ("receiving", 0, None)
    assert part(asking, row, 0, CONTENT[:1000]).json()["received"] == 1000
    assert begun(asking, model).json()["received"] == 1000
    refused = part(asking, row, 0, CONTENT[:1000])
    assert (refused.status_code, refused.json()["code"]) == (409, "another-part")
    assert "Go on from there" in refused.json()["detail"]
    assert part(asking, row, 1000, CONTENT[1000:]).json()["state"] == "reading"
    uploading.read(upload_id=row["id"], at=datetime.now(UTC))
    found = asking.get("auditor", f"{UPLOADS}/{row['id']}").json()
    assert (found["state"], found["percent"]) == ("recorded", 100)
    [listed] = asking.get("engineer", "systems/outreach/evidence", model=model).json()["results"]
    assert listed["digest"] == found["evaluation"]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"size": 0}, "size"),
        ({"size": 5 * 2**30}, "size"),
        ({"digest": "abc"}, "digest"),
        ({"name": ""}, "name"),
        ({"level": "guess"}, "level"),
        ({"format": "excel"}, "format"),
        ({"mapping": "case_id: [a]\nvalues: {recall: value}\ncontext: context\n"}, "case_id"),
    ],
)
def test_a_large_file_that_could_not_be_read_is_not_begun(
    asking: Asking, model: str, changed: dict[str, Any], where: str
) -> None:
    answer = begun(asking, model, **changed)
    assert answer.status_code == 422
    assert where in answer.json()["problems"][0]["where"]
    assert EvidenceUpload.objects.count() == 0


def test_nobody_else_sends_or_sees_it(asking: Asking, model: str) -> None:
    row = begun(asking, model).json()
    assert begun(asking, model, by="auditor").status_code == 403
    assert asking.get("participant_good", f"{UPLOADS}/{row['id']}").status_code == 403
    assert asking.get("outsider", f"{UPLOADS}/{row['id']}").status_code == 404
    assert part(asking, row, 0, b"").status_code == 422
