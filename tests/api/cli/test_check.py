"""`edgewise check`: 0 only for an approval that holds for exactly these bytes in this context."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from api.cli.check import refusals
from governance.approvals import issuing
from lineage.models import ModelVersion
from tests.api.cli.site import Site, edgewise, serving
from tests.factories.world import FAILING, LETTER, PHONE

MODEL = "models:/outreach-model/1"


def hashed_just_now() -> None:
    """Let Edgewise have looked at the files so recently that it need not ask MLflow, which is not there."""
    ModelVersion.objects.update(digest_checked_at=datetime.now(UTC))


@pytest.mark.expectation(25)
def test_an_old_look_at_the_files_that_mlflow_cannot_refresh_is_a_no(running: Site) -> None:
    running.world.approve()
    found = running.edgewise("check", MODEL, "--context", PHONE)
    assert found.code == 1
    assert "bytes: The bytes of models:/outreach-model/1 could not be checked" in found.out


@pytest.mark.expectation(25)
def test_an_approval_allows_its_bytes_in_its_context_only(running: Site, tmp_path: Path) -> None:
    running.world.approve()
    hashed_just_now()
    allowed = running.edgewise("check", MODEL, "--context", PHONE)
    assert (allowed.code, allowed.err) == (0, "")
    assert allowed.out.startswith(f"Allowed: {MODEL} in {PHONE}")
    elsewhere = running.edgewise("check", MODEL, "--context", LETTER)
    assert elsewhere.code == 1
    assert "approval: " in elsewhere.out
    same, other = tmp_path / "same", tmp_path / "other"
    for folder, content in ((same, b"weights1"), (other, b"weights2")):
        folder.mkdir()
        (folder / "model.pkl").write_bytes(content)
    assert running.edgewise("check", MODEL, "--context", PHONE, "--path", str(same)).code == 0
    assert running.edgewise("check", MODEL, "--context", PHONE, "--path", str(other)).code == 1
    assert running.edgewise("check", MODEL, "--context", PHONE, "--path", str(tmp_path / "none")).code == 1
    assert running.edgewise("check", MODEL, "--context", PHONE, who="pipeline").code == 0


@pytest.mark.expectation(25)
def test_a_revoked_approval_and_an_unknown_model_are_refused(running: Site) -> None:
    approval = running.world.approve()
    hashed_just_now()
    issuing.revoke(approval_id=approval.pk, reason="Harm.", by=running.world.people.board, at=running.world.tick())
    revoked = running.edgewise("check", MODEL, "--context", PHONE)
    assert revoked.code == 1
    assert "revoked" in revoked.out
    assert running.edgewise("check", "models:/outreach-model/99", "--context", PHONE).code == 1
    assert running.edgewise("check", "models:/unknown/1", "--context", PHONE).code == 1
    assert running.edgewise("check", "nonsense", "--context", PHONE).code == 1


@pytest.mark.expectation(25)
def test_a_refusal_lists_each_unmet_requirement_for_people_and_for_build_systems(running: Site, tmp_path: Path) -> None:
    running.world.judged(FAILING)
    hashed_just_now()
    junit, sarif = tmp_path / "junit.xml", tmp_path / "found.sarif"
    found = running.edgewise("check", MODEL, "--context", PHONE, "--json", "--junit", str(junit), "--sarif", str(sarif))
    assert found.code == 1
    unmet = json.loads(found.out)["unmet"]
    assert {row["key"] for row in unmet} == {"approval", "gate"}
    assert any("poor-health" in row["sentence"] for row in unmet)
    assert len(ElementTree.parse(junit).findall(".//failure")) == len(unmet)
    assert len(json.loads(sarif.read_text())["runs"][0]["results"]) == len(unmet)


@pytest.mark.expectation(25)
def test_an_expired_or_unknown_token_is_refused(running: Site) -> None:
    running.world.approve()
    expired = running.edgewise(
        "check", MODEL, "--context", PHONE, token=running.token("engineer", lives=timedelta(hours=-1))
    )
    assert expired.code == 1
    assert "expired" in expired.err
    unknown = running.edgewise(
        "check",
        MODEL,
        "--context",
        PHONE,
        token="ew_nobody",
    )
    assert unknown.code == 1
    as_json = running.edgewise("check", MODEL, "--context", PHONE, "--json", token="ew_nobody")
    assert json.loads(as_json.out)["ok"] is False


@pytest.mark.expectation(25)
def test_nobody_answering_is_a_no_with_a_code_of_its_own() -> None:
    found = edgewise("check", MODEL, "--context", PHONE, "--url", "http://127.0.0.1:1")
    assert found.code == 3
    assert "No answer from" in found.err
    assert edgewise("check", MODEL, "--context", PHONE, "--url", "not an address").code == 3


@pytest.mark.expectation(25)
@pytest.mark.parametrize(
    ("status", "code"), [("404 Not Found", 1), ("403 Forbidden", 1), ("503 Unavailable", 3), ("", 3)]
)
def test_a_refusal_to_answer_is_a_failure_in_the_reports_too(tmp_path: Path, status: str, code: int) -> None:
    def elsewhere(environ: object, start_response: object) -> list[bytes]:
        start_response(status, [("Content-Type", "application/problem+json")])
        return [b'{"detail": "Not today.", "code": "refused"}']

    junit, sarif = tmp_path / "junit.xml", tmp_path / "found.sarif"
    with serving(elsewhere) as url:
        asked = ["check", MODEL, "--context", PHONE, "--url", url if status else "http://127.0.0.1:1"]
        assert edgewise(*asked, "--junit", str(junit), "--sarif", str(sarif)).code == code
    sentence = "Not today." if status else "No answer from"
    (failure,) = ElementTree.parse(junit).findall(".//failure")
    (result,) = json.loads(sarif.read_text())["runs"][0]["results"]
    assert sentence in str(failure.text)
    assert sentence in result["message"]["text"]


@pytest.mark.expectation(25)
def test_a_report_that_cannot_be_written_is_a_no(tmp_path: Path) -> None:
    asked = ["check", MODEL, "--context", PHONE, "--url", "http://127.0.0.1:1"]
    found = edgewise(*asked, "--junit", str(tmp_path / "nowhere" / "junit.xml"))
    assert found.code == 1
    assert "nowhere" in found.err


@pytest.mark.expectation(25)
@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("200 OK", "text/html", b"<html>allowed</html>"),
        ("200 OK", "application/json", b'"allowed"'),
        ("200 OK", "application/json", b'{"allowed": true'),
        ("302 Found", "text/html", b""),
        ("500 Internal Server Error", "text/html", b"oops"),
        ("503 Service Unavailable", "application/problem+json", b'{"detail": "later"}'),
    ],
)
def test_what_is_not_an_answer_of_edgewise_never_allows(status: str, kind: str, body: bytes) -> None:
    def elsewhere(environ: object, start_response: object) -> list[bytes]:
        start_response(status, [("Content-Type", kind)])
        return [body]

    with serving(elsewhere) as url:
        assert edgewise("check", MODEL, "--context", PHONE, "--url", url).code == 3


@pytest.mark.expectation(25)
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"allowed": "true", "context": PHONE, "approval": 1},
        {"allowed": 1, "context": PHONE, "approval": 1},
        {"allowed": True, "context": LETTER, "digest": "a", "approval": 1},
        {"allowed": True, "context": PHONE, "digest": "b", "approval": 1},
        {"allowed": True, "context": PHONE, "digest": "a", "approval": None},
        {"allowed": True, "context": PHONE, "digest": "a", "approval": 1, "unmet": [{"key": "x", "sentence": "y"}]},
    ],
)
def test_only_a_yes_to_exactly_this_question_allows(answer: dict[str, object]) -> None:
    assert refusals(answer, context=PHONE, digest="a")
    assert not refusals(
        {"allowed": True, "context": PHONE, "digest": "a", "approval": 1, "unmet": []}, context=PHONE, digest="a"
    )
