"""The same request under the same key is done once; everything else under it is refused."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from api import routes, standing
from api.models import GivenAnswer
from governance import actions
from governance.approvals.models import ReleaseCandidate
from governance.systems import services as systems
from governance.systems.models import AISystem, DeploymentContext, RoleGrant
from governance.systems.roles import PERMISSIONS
from tests.api.asking import ROOT, Asking
from tests.database import TestDatabase
from tests.factories.world import World

CONTEXT = {"key": "eu/desk", "name": "Desk", "stakes": "Waiting hurts.", "live_alias": "live-desk"}
PLACE = "systems/outreach/contexts"


def test_the_same_request_under_one_key_is_done_once(asking: Asking) -> None:
    first = asking.post("steward", PLACE, CONTEXT, key="k-1")
    again = asking.post("steward", PLACE, CONTEXT, key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert DeploymentContext.objects.filter(key="eu/desk").count() == 1


def test_another_request_under_the_key_is_refused(asking: Asking) -> None:
    asking.post("steward", PLACE, CONTEXT, key="k-1")
    response = asking.post("steward", PLACE, CONTEXT | {"name": "Other"}, key="k-1")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


def test_another_user_does_not_get_the_answer(asking: Asking) -> None:
    asking.post("steward", PLACE, CONTEXT, key="k-1")
    response = asking.post("board", PLACE, CONTEXT, key="k-1")
    assert (response.status_code, response.json()["code"]) == (403, "not-permitted")


def test_an_answer_is_kept_only_as_long_as_the_role_it_was_given_for(world: World, asking: Asking) -> None:
    assert asking.post("steward", PLACE, CONTEXT, key="k-1").status_code == 201
    end_role(world, "steward")
    again, fresh = asking.post("steward", PLACE, CONTEXT, key="k-1"), asking.post("steward", PLACE, CONTEXT)
    assert (again.status_code, again.json()) == (fresh.status_code, fresh.json())
    assert again.status_code == 404


def test_who_keeps_another_role_is_told_which_one_it_takes(
    world: World, asking: Asking, candidate: ReleaseCandidate
) -> None:
    place, reason = f"candidates/{candidate.pk}/withdraw", {"reason": "A better one comes."}
    assert asking.post("engineer", place, reason, key="k-1").json()["state"] == "withdrawn"
    assert asking.post("engineer", place, reason, key="k-1")["Idempotency-Replayed"] == "true"
    grant_role(world, "engineer", "auditor")
    end_role(world, "engineer")
    again = asking.post("engineer", place, reason, key="k-1")
    assert (again.status_code, again.json()["code"]) == (403, "not-permitted")
    assert "withdrawn" not in again.content.decode()


def test_what_administrators_were_answered_is_for_administrators(world: World) -> None:
    asked = {"verb": "accounts.user.add", "path": {}, "at": world.now}
    assert standing.still_permitted(by=world.people.administrator, **asked)
    assert not standing.still_permitted(by=world.people.board, **asked)


def test_the_same_token_is_revoked_once(asking: Asking) -> None:
    asking.token("board")
    token = asking.get("board", "tokens").json()["results"][-1]["id"]
    first, again = (asking.post("board", f"tokens/{token}/revoke", key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again["Idempotency-Replayed"] == "true"


def test_every_address_that_is_remembered_leads_to_its_system() -> None:
    for route in routes.routes():
        permissions = {actions.register()[route.verb].permission} if route.verb else set()
        if route.method == "POST" and permissions & PERMISSIONS.keys():
            assert re.findall(r"<\w+:(\w+)>", route.path)[0] in {"system", *standing.ROOTS}


def test_a_token_with_other_scopes_does_not_get_the_answer(asking: Asking) -> None:
    asking.post("steward", PLACE, CONTEXT, key="k-1")
    narrow = asking.client("steward", ["approval.check"])
    response = narrow.post(ROOT + PLACE, CONTEXT, format="json", headers={"Idempotency-Key": "k-1"})
    assert response.status_code == 422


def test_a_refusal_is_not_remembered(asking: Asking) -> None:
    assert asking.post("board", PLACE, CONTEXT, key="k-1").status_code == 403
    assert not GivenAnswer.objects.exists()


@pytest.mark.parametrize("key", ["k" * 201, "ä"])
def test_a_key_that_is_none_is_refused(asking: Asking, key: str) -> None:
    response = asking.post("steward", PLACE, CONTEXT, key=key)
    assert response.json()["problems"][0]["where"] == "Idempotency-Key"


def test_a_secret_is_never_kept_for_a_replay(asking: Asking) -> None:
    response = asking.post("board", "tokens", {}, key="k-1")
    assert response.status_code == 422
    assert response.json()["problems"][0]["where"] == "Idempotency-Key"


def end_role(world: World, name: str) -> None:
    """End what role the person held first."""
    grant = RoleGrant.objects.filter(user=world.people.by_name[name]).earliest("pk")
    systems.end_grant(grant_id=grant.pk, by=world.people.administrator, at=world.tick())


def grant_role(world: World, name: str, role: str) -> None:
    """Grant the person another role."""
    systems.grant_role(
        system_key="outreach",
        user=world.people.by_name[name],
        role=role,
        starts_at=world.now,
        ends_at=world.now + timedelta(days=30),
        by=world.people.administrator,
        at=world.tick(),
    )


@pytest.fixture
def committed(committed_db: TestDatabase) -> Asking:
    """People whose rows other connections see."""
    return Asking(World.begin())


def test_two_equal_requests_at_once_are_done_once(committed: Asking) -> None:
    clients = [committed.client("steward") for _ in range(4)]
    together, answers = threading.Barrier(len(clients)), []

    def ask(client: Any) -> None:
        together.wait()
        try:
            answers.append(client.post(ROOT + PLACE, CONTEXT, format="json", headers={"Idempotency-Key": "k-1"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = [(answer.status_code, answer.json().get("code")) for answer in answers]
    assert set(codes) <= {(201, None), (409, "request-in-progress")}
    assert (201, None) in codes
    assert AISystem.objects.get(key="outreach").contexts.filter(key="eu/desk").count() == 1
