"""The main job over REST: every operation's good case, with what the services and pages rest on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from governance.approvals.models import Approval, ReleaseCandidate
from governance.audit import services as log
from governance.audit.models import SealedField
from governance.specs.models import SpecificationVersion
from tests.api.asking import ROOT, Asking
from tests.api.watching import seen_live
from tests.factories.world import FAILING, LETTER, PASSING, PHONE, SPECIFICATION, UNEQUAL, World
from tests.people import PASSWORD

MODEL = "models:/outreach-model/1"


def ok(response: Any, status: int = 200) -> Any:
    """Return the body, after a look at the status."""
    assert response.status_code == status, response.content.decode()
    return response.json() if response.content else None


def question(asking: Asking, digest: str) -> dict[str, Any]:
    return {
        "subject": "specification:outreach",
        "subject_digest": digest,
        "question": "Shall this be adopted?",
        "framing": "It says whom a nurse calls.",
        "options": [{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
        "seated_groups": ["good-health", "limited", "poor-health"],
        "rule": "majority",
        "quorum": 3,
        "group_quorum": 1,
        "smallest_group": 3,
        "proposer": "steward@example.org",
    }


def ratified(asking: Asking) -> dict[str, Any]:
    """Draft, deliberate and ratify, all over REST."""
    draft = ok(asking.put("steward", "systems/outreach/specification/draft", {"text": SPECIFICATION}))
    asked = ok(asking.post("facilitator", "systems/outreach/deliberations", question(asking, draft["digest"])), 201)
    place = f"deliberations/{asked['id']}"
    forward = {"deliberation": asked["id"]}
    ok(asking.post("steward", "systems/outreach/specification/draft/put-forward", forward))
    ok(asking.post("facilitator", f"{place}/open"))
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    ok(asking.post("facilitator", f"{place}/voting", {"until": until}))
    for name, choice in (("representative", "adopt"), ("participant_good", "adopt"), ("participant_limited", "revise")):
        ok(asking.post(name, f"{place}/ballot", {"ranking": [choice]}), 201)
    dissent = {"kind": "dissent", "text": "Too low for people who cannot come in."}
    ok(asking.post("participant_limited", f"{place}/positions", dissent), 201)
    ok(asking.post("facilitator", f"{place}/decide"), 201)
    ok(asking.post("facilitator", f"{place}/close", {"answer": "The dissent goes into the next review."}))
    chosen = {"digest": draft["digest"]}
    return ok(asking.post("board", "systems/outreach/specification/draft/ratify", chosen), 201)


def test_a_specification_is_drafted_deliberated_and_ratified_over_rest(asking: Asking) -> None:
    version = ratified(asking)
    shown = ok(asking.get("auditor", "deliberations/" + str(version["deliberation"])))
    assert version["version"] == "1.0.0"
    assert version["document"]["dimensions"]
    assert shown["state"] == "closed"
    assert shown["outcome"]["winner"] == "adopt"
    assert "cannot come in" in shown["outcome"]["dissent"]
    assert shown["turnout"]["limited"]["seats"] == 1
    assert shown["turnout"]["limited"]["voted"] is None
    assert "fewer than 3" in shown["turnout"]["limited"]["withheld"]
    positions = ok(asking.get("auditor", f"deliberations/{version['deliberation']}/positions"))
    assert [row["kind"] for row in positions] == ["dissent"]
    assert ok(asking.get("auditor", "systems/outreach/specification"))["digest"] == version["digest"]
    assert ok(asking.get("auditor", "systems/outreach/specification/versions/1.0.0"))["text"] == SPECIFICATION
    assert len(ok(asking.get("auditor", "systems/outreach/specification/versions"))["results"]) == 1
    assert ok(asking.get("auditor", "deliberations", system="outreach", state="closed"))["results"]


def test_everybody_reads_their_own_ballot_and_nobody_elses(asking: Asking) -> None:
    place = f"deliberations/{ratified(asking)['deliberation']}/ballot"
    assert ok(asking.get("participant_limited", place))["ranking"] == ["revise"]
    assert asking.get("facilitator", place).status_code == 403
    assert asking.get("board", place).status_code == 404
    assert asking.get("outsider", place).status_code == 404
    narrow = asking.client("participant_limited", ["system.read"]).get(ROOT + place)
    assert (narrow.status_code, narrow.json()["code"]) == (403, "scope-missing")


def test_a_receipt_proves_that_a_ballot_was_recorded_and_not_how_it_was_cast(world: World, asking: Asking) -> None:
    found = world.prepare_deliberation(digest="0" * 64)
    world.open_voting(found)
    place = f"deliberations/{found.pk}/ballot"
    cast = ok(asking.post("representative", place, {"ranking": ["adopt"]}), 201)
    ballot = found.ballots.get()
    for shown in (cast, ok(asking.get("representative", place))):
        assert shown["commitment"] == ballot.commitment
        assert set(shown) == {"ranking", "commitment", "seat", "cast_at", "leaf"}
        assert ballot.salt not in str(shown)


def test_a_version_is_judged_put_forward_signed_and_approved_over_rest(
    world: World, asking: Asking, specification: SpecificationVersion
) -> None:
    version = world.register().model_version
    world.give_evidence(version)
    both = {"model": MODEL, "context": PHONE}
    report = ok(asking.post("engineer", "systems/outreach/gate-reports", both), 201)
    assert report["verdict"] == "PASS"
    assert ok(asking.get("board", f"gate-reports/{report['id']}"))["document"]
    opened = ok(asking.post("engineer", "systems/outreach/candidates", both), 201)
    place = f"candidates/{opened['id']}"
    assert not opened["met"]
    shown = opened["revision"]["digest"]
    for name, role, group in (
        ("board", "board_member", ""),
        ("second_board", "board_member", ""),
        ("representative", "representative", "poor-health"),
    ):
        body = {"shown_digest": shown, "role": role, "group": group, "stance": "approve"}
        ok(asking.post(name, f"{place}/sign-offs", body), 201)
    ready = ok(asking.get("auditor", place))
    assert ready["met"]
    assert len(ready["sign_offs"]) == 3
    body = {"shown_digest": shown, "outcome": "approved", "reason": "Every group is seen."}
    decision = ok(asking.post("board", f"{place}/decision", body), 201)
    assert decision["approval"]
    folder = {"digest": version.digest, "manifest": version.fingerprint}
    answer = ok(asking.get("pipeline", "check", model=MODEL, context=PHONE, **folder))
    assert answer["allowed"]
    assert answer["approval"] == decision["approval"]
    assert ok(asking.get("board", "candidates", system="outreach", state="decided", context=PHONE))["results"]


def test_a_pipeline_learns_every_unmet_requirement(asking: Asking, approval: Approval) -> None:
    manifest = approval.model_version.fingerprint
    folder = {"digest": approval.artifact_digest, "manifest": manifest}
    answer = ok(asking.get("pipeline", "check", model=MODEL, context=LETTER, **folder))
    assert not answer["allowed"]
    assert {row["key"] for row in answer["unmet"]} == {"approval", "gate"}


@pytest.mark.expectation(25)
@pytest.mark.parametrize(("given", "missing"), [("digest", "manifest"), ("manifest", "digest")])
def test_bytes_without_their_file_names_are_no_question(
    asking: Asking, given: str, missing: str, approval: Approval
) -> None:
    version = approval.model_version
    folder = {"digest": version.digest, "manifest": version.fingerprint}
    response = asking.get("pipeline", "check", model=MODEL, context=PHONE, **{given: folder[given]})
    assert response.status_code == 422
    assert [problem["where"] for problem in response.json()["problems"]] == [missing]


def test_an_approval_is_shown_with_its_envelope_and_can_be_revoked(asking: Asking, approval: Approval) -> None:
    place = f"approvals/{approval.pk}"
    assert ok(asking.get("auditor", place))["state"] == "active"
    envelope = asking.get("auditor", f"{place}/envelope")
    assert envelope.content == bytes(approval.envelope)
    assert envelope["Content-Type"] == "application/vnd.dsse.envelope.v1+json"
    assert ok(asking.post("board", f"{place}/revoke", {"reason": "A fault was found."}), 201)["state"] == "revoked"
    listed = ok(asking.get("auditor", "approvals", system="outreach", state="revoked"))["results"]
    assert listed[0]["ending"]["reason"] == "A fault was found."
    assert not ok(asking.get("pipeline", "check", model=MODEL, context=PHONE))["allowed"]


@pytest.mark.expectation(13)
def test_one_call_leads_from_what_is_live_to_everything_that_it_rests_on(
    world: World, asking: Asking, approval: Approval
) -> None:
    seen_live(world, approval.model_version)
    log.integrate(at=world.tick())
    found = ok(asking.get("auditor", "systems/outreach/trace", context=PHONE))
    assert found["live"]["model"] == MODEL
    assert found["approval"]["id"] == approval.pk
    assert found["decision"]["outcome"] == "approved"
    assert len(found["sign_offs"]) == 3
    assert found["specification"]["version"] == "1.0.0"
    assert found["deliberation"]["outcome"]["dissent"]
    assert found["gate_report"]["verdict"] == "PASS"
    assert found["evidence"][0]["observations"]
    assert {node["kind"] for node in found["lineage"]["nodes"]} >= {"run", "version"}
    parts = {row["part"] for row in found["log"]}
    assert parts >= {"approval", "decision", "sign_offs", "specification", "deliberation", "gate_report", "evidence"}
    assert all(row["index"] is not None for row in found["log"])
    assert ok(asking.get("auditor", "systems/outreach/live"))[0]["context"] == PHONE
    assert ok(asking.get("auditor", "systems/outreach/live", as_of="2020-01-01T00:00:00Z")) == []
    assert ok(asking.get("auditor", f"approvals/{approval.pk}/trace"))["live"] is None


def test_what_went_live_without_an_approval_is_listed(world: World, asking: Asking) -> None:
    version = world.mirror()
    seen_live(world, version)
    rows = ok(asking.get("board", "promotions", system="outreach", state="open"))["results"]
    assert rows[0]["model"] == MODEL
    assert rows[0]["before"] is None
    assert rows[0]["unmet"]


def test_the_versions_of_a_context_stand_beside_each_other(
    world: World, asking: Asking, specification: SpecificationVersion
) -> None:
    for number, counts in (("1", PASSING), ("2", FAILING)):
        world.judged(counts, number=number)
    found = ok(asking.get("auditor", "systems/outreach/versions", context=PHONE))
    assert [(v["name"], v["compared"], v["dominated_by"]) for v in found["versions"]] == [
        ("outreach-model 1", True, []),
        ("outreach-model 2", True, ["outreach-model 1"]),
    ]
    worst = next(cell for cell in found["versions"][1]["cells"] if cell["group"] == "poor-health")
    assert (worst["estimate"], worst["verdict"]) == ("0.4", "FAIL")
    assert asking.get("auditor", "systems/outreach/versions", context="us/none").status_code == 404
    assert asking.get("outsider", "systems/outreach/versions", context=PHONE).status_code == 404


def test_a_candidate_is_refreshed_withdrawn_and_stepped_back_from(
    world: World, asking: Asking, candidate: ReleaseCandidate
) -> None:
    place = f"candidates/{candidate.pk}"
    ok(asking.post("second_board", f"{place}/conflicts", {"reason": "My brother sells it."}), 201)
    world.give_evidence(candidate.model_version)
    ok(asking.post("engineer", "systems/outreach/gate-reports", {"model": MODEL, "context": PHONE}), 201)
    assert ok(asking.post("engineer", f"{place}/refresh"))["revision"]["number"] == 2
    assert ok(asking.post("engineer", f"{place}/withdraw", {"reason": "A better one comes."}))["state"] == "withdrawn"


def test_a_route_is_closed_with_what_was_done(
    world: World, asking: Asking, specification: SpecificationVersion
) -> None:
    report = ok(asking.get("board", f"gate-reports/{world.judged(UNEQUAL).pk}"))
    place = f"routes/{report['routes'][0]['id']}/close"
    answer = {"because": "We asked both groups.", "deliberation": world.deliberate(report["digest"]).pk}
    assert ok(asking.post("facilitator", place, answer))["state"] == "closed"


def test_checkpoints_evidence_and_lineage_of_a_version_are_shown(
    world: World, asking: Asking, specification: SpecificationVersion
) -> None:
    version = world.judged().model_version
    assert ok(asking.get("board", "systems/outreach/checkpoints"))["results"][0]["digest"] == version.digest
    evaluations = ok(asking.get("board", "systems/outreach/evidence", model=MODEL))["results"]
    assert evaluations[0]["observations"][0]["n"] == 100
    graph = ok(asking.get("board", "systems/outreach/lineage", model=MODEL))
    assert {edge["to"] for edge in graph["edges"]} <= {node["id"] for node in graph["nodes"]}
    assert ok(asking.get("board", "systems/outreach/gate-reports"))["results"][0]["verdict"] == "PASS"


def test_an_administrator_sets_a_system_up_over_rest(asking: Asking) -> None:
    server = {"key": "second", "url": "http://mlflow.example.org:5000"}
    ok(asking.post("administrator", "servers", server), 201)
    body = {"key": "triage", "name": "Triage", "purpose": "Says who waits.", "owner": "steward@example.org"}
    ok(asking.post("administrator", "systems", body), 201)
    ok(asking.post("administrator", "systems/triage/models", {"server": "second", "name": "triage-model"}), 201)
    context = {"key": "eu/desk", "name": "Desk", "stakes": "Waiting hurts.", "live_alias": "live-desk"}
    ok(asking.post("administrator", "systems/triage/contexts", context), 201)
    group = {"key": "old", "name": "Older people", "mandate": "m", "affected_because": "a", "floor": "f"}
    for selector in ({}, {"column": "age", "equals": "old"}, {"column": "age", "in": ["old", "older"]}):
        ok(asking.post("administrator", "systems/triage/groups", group | {"selector": selector}), 201)
    person = {"email": "new@example.org", "name": "New Person", "password": PASSWORD}
    added = ok(asking.post("administrator", "users", person), 201)
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    grant = {"user": added["id"], "role": "engineer", "ends_at": ends}
    granted = ok(asking.post("administrator", "systems/triage/grants", grant), 201)
    shown = ok(asking.get("administrator", "systems/triage"))
    assert shown["groups"][0]["version"] == 3
    assert shown["contexts"][0]["key"] == "eu/desk"
    assert len(ok(asking.get("administrator", "systems/triage/grants"))) == 1
    assert ok(asking.post("administrator", f"grants/{granted['id']}/end"))["ended_at"]
    for part in ("contexts", "models", "groups"):
        assert len(ok(asking.get("administrator", f"systems/triage/{part}"))) == 1
    assert ok(asking.post("administrator", f"users/{added['id']}/erase"))["name"] == "erased"
    assert [row["key"] for row in ok(asking.get("administrator", "systems"))["results"]] == ["outreach", "triage"]


def test_the_log_is_searched_and_proved(world: World, asking: Asking, specification: SpecificationVersion) -> None:
    log.integrate(at=world.tick())
    first = ok(asking.get("auditor", "log/entries", system="outreach", limit="2"))
    rest = ok(asking.get("auditor", "log/entries", system="outreach", before=str(first["next"])))
    assert [row["leaf"] for row in first["results"]] == sorted((r["leaf"] for r in first["results"]), reverse=True)
    assert rest["results"][0]["leaf"] < first["results"][-1]["leaf"]
    only = ok(asking.get("auditor", "log/entries", system="outreach", type="specs."))["results"]
    assert {row["type"].split(".")[0] for row in only} == {"specs"}
    newest = first["results"][0]
    proof = ok(asking.get("board", f"log/leaves/{newest['leaf']}/proof"))
    assert proof["index"] == newest["index"]
    assert proof["text"].startswith("c2sp.org/tlog-proof@v1")
    assert ok(asking.get("auditor", f"log/leaves/{newest['leaf']}")) == newest
    assert ok(asking.get("auditor", f"log/entries/{newest['index']}")) == newest
    head = ok(asking.get("auditor", "log/tree-head"))
    grown = ok(asking.get("auditor", "log/consistency", old="1", new=str(head["size"])))
    assert grown["hashes"]


def test_a_confidential_value_is_erased_by_an_administrator_only(world: World, asking: Asking) -> None:
    field = SealedField.objects.order_by("pk").first()
    assert field is not None
    body = {"name": field.name, "ground": "GDPR Art. 17"}
    assert asking.post("board", f"log/leaves/{field.leaf_id}/erasures", body).status_code == 403
    assert ok(asking.post("administrator", f"log/leaves/{field.leaf_id}/erasures", body), 201)["leaf"]


def test_one_sees_who_one_is_and_which_tokens_one_has(asking: Asking) -> None:
    me = ok(asking.get("board", "me"))
    assert me["email"] == "board@example.org"
    tokens = ok(asking.get("board", "tokens"))["results"]
    assert "secret" not in tokens[0]
    assert ok(asking.post("board", f"tokens/{tokens[0]['id']}/revoke"))["revoked_at"]
    assert asking.get("board", "me").json()["code"] == "token-revoked"


def test_a_person_who_is_signed_in_issues_a_token_and_a_token_cannot(world: World, asking: Asking) -> None:
    body = {"label": "CI", "scopes": ["approval.check"], "expires_at": datetime.now(UTC) + timedelta(days=2)}
    assert asking.post("board", "tokens", body).status_code == 403
    client = APIClient()
    client.force_login(world.people.board)
    fresh = ok(client.post("/api/v1/tokens", body, format="json"), 201)
    assert fresh["secret"].startswith("ew_")


def test_an_engineer_may_ask_for_a_synchronisation(asking: Asking) -> None:
    assert asking.post("engineer", "systems/outreach/synchronisations").status_code == 202
    assert asking.post("board", "systems/outreach/synchronisations").status_code == 403


def test_lists_come_in_pages_that_lead_on(world: World, asking: Asking) -> None:
    first = world.open_candidate(number="1")
    second = world.open_candidate(number="2")
    page = ok(asking.get("board", "candidates", limit="1"))
    assert [row["id"] for row in page["results"]] == [second.pk]
    following = ok(asking.as_("board").get(page["next"]))
    assert [row["id"] for row in following["results"]] == [first.pk]
    assert following["next"] is None
