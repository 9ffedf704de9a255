"""Refusals are problem documents that name the field and the remedy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from api.errors import STATUS, status_of
from api.operation import Endpoint
from governance import errors
from governance.approvals.models import ReleaseCandidate
from lineage import errors as lineage
from tests.api.asking import ROOT, Asking
from tests.factories import mirror
from tests.factories.world import FAILING, PHONE, SPECIFICATION, World

DRAFT = "systems/outreach/specification/draft"


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document, after a look at its form."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "problems"}
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotPermitted("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.NotAllowedNow("x"), 409),
        (errors.Conflict("x"), 409),
        (errors.Invalid("x"), 422),
        (lineage.RegistryUnavailable("x", server="s", endpoint="e", remedy="r"), 503),
        (lineage.RegistryNonsense("x", server="s", endpoint="e", remedy="r"), 502),
        (lineage.RegistryMissing("x", server="s", endpoint="e", remedy="r"), 404),
        (lineage.HostilePath("../x", "leaves its folder"), 422),
    ],
)
def test_each_refusal_has_the_status_of_its_nearest_class(error: errors.DomainError, status: int) -> None:
    assert status_of(error) == status


def test_every_family_of_refusals_is_in_the_table() -> None:
    assert set(errors.DomainError.__subclasses__()) <= set(STATUS)


def test_without_a_token_one_is_asked_for_one(world: World) -> None:
    response = APIClient().get(ROOT + "systems")
    refused(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="edgewise"'


def test_an_expired_token_says_that_it_expired_and_when(asking: Asking) -> None:
    client = asking.client("board", expires_at=datetime.now(UTC) - timedelta(minutes=1))
    response = client.get(ROOT + "systems")
    assert "expired at" in refused(response, 401, "token-expired")["detail"]
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Bearer \xff"])
def test_a_token_that_nobody_issued_is_refused(world: World, header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    refused(client.get(ROOT + "systems"), 401, "token-unknown")


def test_a_token_without_the_scope_does_not_do_what_its_holder_may(asking: Asking, candidate: ReleaseCandidate) -> None:
    body = {"shown_digest": "0" * 64, "role": "board_member", "stance": "approve"}
    client = asking.client("board", ["system.read"])
    response = client.post(f"{ROOT}candidates/{candidate.pk}/sign-offs", body, format="json")
    assert "candidate.sign" in refused(response, 403, "scope-missing")["detail"]
    assert not asking.client("board", ["candidate.sign"]).get(ROOT + "systems").json()["results"]


def test_a_session_alone_changes_nothing_without_the_token_of_its_page(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.people.engineer)
    refused(client.post(f"{ROOT}systems/outreach/synchronisations", {}, format="json"), 403, "permission-denied")


def test_nobody_on_the_way_keeps_an_answer(asking: Asking) -> None:
    assert asking.get("board", "systems")["Cache-Control"] == "no-store"
    assert asking.get("board", "systems/none")["Cache-Control"] == "no-store"


def test_what_one_may_not_see_is_not_there(asking: Asking, candidate: ReleaseCandidate) -> None:
    for path in ("systems/outreach", "systems/nowhere", f"candidates/{candidate.pk}", "candidates/999999"):
        refused(asking.get("outsider", path), 404, "not-found")
    for hidden, missing in (
        ("systems/outreach", "systems/nowhere"),
        (f"candidates/{candidate.pk}", "candidates/999999"),
        ("systems/outreach/specification", "systems/nowhere/specification"),
        ("log/leaves/{}", "log/leaves/999999"),
        ("log/leaves/{}/proof", "log/leaves/999999/proof"),
    ):
        hidden = hidden.format(candidate.revisions.get().leaf_id)
        assert asking.get("outsider", hidden).json() == asking.get("outsider", missing).json()
    assert asking.get("outsider", "candidates").json()["results"] == []
    assert asking.get("outsider", "log/entries", system="outreach").status_code == 404


def test_the_log_of_a_system_is_for_its_auditors(asking: Asking) -> None:
    refused(asking.get("board", "log/entries", system="outreach"), 403, "not-permitted")
    refused(asking.get("board", "log/leaves/1"), 404, "not-found")


def test_malformed_json_is_refused_with_its_place(asking: Asking) -> None:
    response = asking.as_("administrator").post(ROOT + "systems", '{"key": ]', content_type="application/json")
    problem = refused(response, 400, "parse-error")["problems"][0]
    assert (problem["line"], problem["column"]) == (1, 9)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(asking: Asking, number: str) -> None:
    body = f'{{"key": {number}}}'
    response = asking.as_("administrator").post(ROOT + "systems", body, content_type="application/json")
    refused(response, 400, "parse-error")


def test_a_wrong_field_is_named_with_the_nearest_one(asking: Asking) -> None:
    body = {"key": "Not A Key", "name": "x", "purpose": "", "owner": "steward@example.org", "purpouse": "y"}
    found = refused(asking.post("administrator", "systems", body), 422, "invalid")["problems"]
    assert found == [
        {
            "where": "purpouse",
            "what": "There is no such field. Did you mean purpose?",
            "remedy": "",
            "line": None,
            "column": None,
        }
    ]
    del body["purpouse"]
    found = refused(asking.post("administrator", "systems", body), 422, "invalid")["problems"]
    assert {problem["where"] for problem in found} == {"key", "purpose"}


def test_a_nested_field_is_named_by_its_path(asking: Asking) -> None:
    body = {"options": [{"key": "a", "text": "A"}, {"key": "b"}]}
    found = refused(asking.post("facilitator", "systems/outreach/deliberations", body), 422, "invalid")["problems"]
    assert "options[1].text" in {problem["where"] for problem in found}


@pytest.mark.parametrize("text", ["a\u0000b", "a\ud800b"])
def test_text_that_no_database_keeps_is_refused(asking: Asking, text: str) -> None:
    body = json.dumps({"reason": text})
    response = asking.as_("engineer").post(ROOT + "candidates/1/withdraw", body, content_type="application/json")
    assert refused(response, 422, "invalid")["problems"][0]["where"] == "reason"


def test_malformed_yaml_is_refused_with_line_and_column(asking: Asking) -> None:
    found = refused(asking.put("steward", DRAFT, {"text": "schema: [1\nkey: }"}), 422, "not-yaml")
    assert found["problems"][0]["line"] == 2
    assert found["problems"][0]["remedy"]


def test_a_weight_across_dimensions_is_refused_and_says_why(asking: Asking) -> None:
    text = SPECIFICATION.replace("    tier: 0\n", "    tier: 0\n    weight: 0.5\n", 1)
    found = refused(asking.put("steward", DRAFT, {"text": text}), 422, "no-scalar-decides")
    assert "weight" in found["problems"][0]["where"]


def test_a_specification_over_256_kib_is_refused(asking: Asking) -> None:
    text = SPECIFICATION + "# " + "x" * 256 * 1024
    assert "256" in refused(asking.put("steward", DRAFT, {"text": text}), 422, "too-large")["detail"]


def test_lint_tells_the_same_without_writing(asking: Asking) -> None:
    fine = {"problems": [], "warnings": []}
    assert asking.post("steward", "specifications/lint", {"text": SPECIFICATION}).json() == fine
    found = asking.post("steward", "specifications/lint", {"text": SPECIFICATION + "tensoins: []\n"}).json()
    assert found["problems"][0]["line"]
    few = SPECIFICATION.replace("min_n: 50", "min_n: 5")
    warned = asking.post("steward", "specifications/lint", {"text": few}).json()
    assert (warned["problems"], warned["warnings"][0]["where"]) == ([], "dimensions[0].criteria[0].min_n")
    refused(asking.get("steward", DRAFT), 404, "not-found")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_that_is_too_long_is_not_read(asking: Asking) -> None:
    refused(asking.put("steward", DRAFT, {"text": "x" * 2000}), 413, "too-large")


def test_a_draft_may_be_sent_as_yaml(asking: Asking) -> None:
    client = asking.as_("steward")
    response = client.put(ROOT + DRAFT, SPECIFICATION, content_type="application/yaml")
    assert response.json()["text"] == SPECIFICATION
    refused(client.put(ROOT + DRAFT, b"\xff\xfe", content_type="application/yaml"), 422, "invalid")
    refused(client.put(ROOT + DRAFT, b"x", content_type="text/plain"), 415, "unsupported-media-type")


def test_a_stale_draft_is_refused_and_nothing_is_lost(asking: Asking) -> None:
    first = asking.put("steward", DRAFT, {"text": SPECIFICATION})
    read = first["ETag"]
    changed = SPECIFICATION.replace("title: Outreach assistant", "title: Outreach")
    second = asking.put("steward", DRAFT, {"text": changed}, read=read)
    assert second.status_code == 200
    refused(asking.put("steward", DRAFT, {"text": SPECIFICATION}, read=read), 412, "stale-draft")
    kept = asking.get("steward", DRAFT)
    assert kept.json()["text"] == changed
    assert kept["ETag"] == second["ETag"] == f'"{kept.json()["digest"]}"'


def test_a_draft_that_was_not_read_is_not_written_over(asking: Asking) -> None:
    refused(asking.put("steward", DRAFT, {"text": SPECIFICATION}, read='"' + "0" * 64 + '"'), 412, "stale-draft")
    first = asking.put("steward", DRAFT, {"text": SPECIFICATION})
    changed = SPECIFICATION.replace("title: Outreach assistant", "title: Outreach")
    for read in ("", '""'):
        unread = asking.put("steward", DRAFT, {"text": changed}, read=read)
        assert "If-Match" in refused(unread, 428, "precondition-required")["detail"]
    assert asking.get("steward", DRAFT)["ETag"] == first["ETag"]


def test_a_second_sign_off_is_refused(asking: Asking, candidate: ReleaseCandidate) -> None:
    shown = asking.get("board", f"candidates/{candidate.pk}").json()["revision"]["digest"]
    body = {"shown_digest": shown, "role": "board_member", "stance": "approve"}
    assert asking.post("board", f"candidates/{candidate.pk}/sign-offs", body).status_code == 201
    refused(asking.post("board", f"candidates/{candidate.pk}/sign-offs", body), 409, "signed-already")


def test_a_stale_candidate_is_refused(asking: Asking, candidate: ReleaseCandidate) -> None:
    body = {"shown_digest": "0" * 64, "role": "board_member", "stance": "approve"}
    refused(asking.post("board", f"candidates/{candidate.pk}/sign-offs", body), 409, "stale-candidate")


@pytest.mark.expectation(6)
def test_whoever_registered_the_version_cannot_decide_it(asking: Asking, candidate: ReleaseCandidate) -> None:
    body = {"shown_digest": "0" * 64, "outcome": "rejected", "reason": "No."}
    refused(asking.post("engineer", f"candidates/{candidate.pk}/decision", body), 403, "separation-of-duties")


def test_deciding_too_early_lists_every_unmet_requirement(world: World, asking: Asking) -> None:
    candidate = world.open_candidate(FAILING)
    shown = asking.get("board", f"candidates/{candidate.pk}").json()["revision"]["digest"]
    body = {"shown_digest": shown, "outcome": "approved", "reason": "It is late."}
    found = refused(asking.post("board", f"candidates/{candidate.pk}/decision", body), 409, "policy-unmet")
    assert {problem["where"] for problem in found["problems"]} >= {"gate", "sign-offs:board_member"}


def test_an_unreachable_mlflow_is_named_with_the_remedy(world: World, asking: Asking) -> None:
    mirror.server()
    response = asking.post("engineer", "systems/outreach/checkpoints", {"model": "models:/outreach-model/1"})
    found = refused(response, 503, "registry-unavailable")
    assert found["problems"][0]["remedy"]
    assert response["Retry-After"]


@pytest.mark.parametrize("model", ["outreach-model", "models:/outreach-model@champion", "models:/other/1"])
def test_a_model_that_cannot_be_meant_is_refused(world: World, asking: Asking, model: str) -> None:
    response = asking.get("pipeline", "check", model=model, context=PHONE)
    assert response.status_code in (404, 422)
    assert response["Content-Type"] == "application/problem+json"


def test_what_is_not_in_the_query_is_named(asking: Asking) -> None:
    found = refused(asking.get("pipeline", "check", modle="x", context=PHONE), 422, "invalid")
    assert "Did you mean model?" in found["problems"][0]["what"]


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "bz1hYmM=", "cD0tMQ==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk="])
def test_a_cursor_that_was_never_given_out_is_named(asking: Asking, cursor: str) -> None:
    found = refused(asking.get("board", "candidates", cursor=cursor), 422, "invalid")
    assert found["problems"][0]["where"] == "cursor"


def test_an_address_that_does_not_exist_is_a_problem_document_too(world: World) -> None:
    refused(APIClient().get(ROOT + "nothing/here"), 404, "not-found")


def test_a_method_that_is_not_there_is_refused(asking: Asking) -> None:
    refused(asking.as_("board").delete(ROOT + "systems"), 405, "method-not-allowed")


class Broken(Endpoint):
    """An address whose code fails."""

    permission_classes = [AllowAny]

    def get(self, request: Request) -> None:
        raise RuntimeError("the password is swordfish")


def test_what_nobody_foresaw_gives_nothing_away(db: None, caplog: pytest.LogCaptureFixture) -> None:
    response = Broken.as_view()(APIRequestFactory().get("/")).render()
    assert response.status_code == 500
    assert json.loads(response.content)["code"] == "internal-error"
    assert b"swordfish" not in response.content
    assert "swordfish" in caplog.text
