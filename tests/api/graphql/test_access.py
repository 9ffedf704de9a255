"""Who may ask: the same people as over REST, by token or session."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from governance.approvals.models import Approval
from tests import people
from tests.api.asking import Asking
from tests.api.graphql.querying import ADDRESS, OF_APPROVAL, ask, codes, found
from tests.factories.world import PHONE, World

APPROVALS = "{ approvals { id } }"
READERS = (*people.ROLES, "administrator")


def signed_in(world: World, name: str) -> Client:
    """Return a browser in which somebody signed in; it checks CSRF as a real one is checked."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people.by_name[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_nobody_asks_without_saying_who_they_are(world: World) -> None:
    for response in (APIClient().get(ADDRESS, {"query": APPROVALS}), APIClient().post(ADDRESS, {}, format="json")):
        assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
        assert response["WWW-Authenticate"] == 'Bearer realm="edgewise"'


def test_whoever_may_see_the_system_sees_its_approvals_and_nobody_else(asking: Asking, approval: Approval) -> None:
    for name in READERS:
        assert found(asking, name, APPROVALS)["approvals"] == [{"id": str(approval.pk)}], name
    assert found(asking, "outsider", APPROVALS)["approvals"] == []


def test_what_is_hidden_and_what_is_missing_look_the_same(asking: Asking, approval: Approval) -> None:
    hidden = ask(asking, "outsider", OF_APPROVAL, id=approval.pk)
    missing = ask(asking, "auditor", OF_APPROVAL, id=approval.pk + 1)
    assert hidden["data"] == missing["data"] == {"approval": None}
    assert codes(hidden) == codes(missing) == ["not-found"]
    told = hidden["errors"][0]["message"], missing["errors"][0]["message"]
    assert told[0].replace(str(approval.pk), "N") == told[1].replace(str(approval.pk + 1), "N")


@pytest.mark.parametrize(
    "query",
    [
        f'{{ live(system: "outreach", context: "{PHONE}") {{ since }} }}',
        '{ modelVersion(system: "outreach", model: "models:/outreach-model/1") { uri } }',
        '{ approvals(system: "outreach") { id } }',
    ],
)
def test_no_question_tells_a_stranger_that_there_is_a_system(asking: Asking, world: World, query: str) -> None:
    world.mirror()
    stranger, elsewhere = ask(asking, "outsider", query), ask(asking, "auditor", query.replace('"outreach"', '"other"'))
    assert codes(stranger) == codes(elsewhere) == ["not-found"]
    assert stranger["errors"][0]["message"].replace("outreach", "other") == elsewhere["errors"][0]["message"]


def test_a_token_without_the_scope_to_read_sees_nothing(asking: Asking, approval: Approval) -> None:
    client = asking.client("auditor", ["approval.check"])
    answer = client.post(ADDRESS, {"query": OF_APPROVAL, "variables": {"id": approval.pk}}, format="json").json()
    assert codes(answer) == ["not-found"]
    reading = asking.client("auditor", ["system.read"])
    assert reading.post(ADDRESS, {"query": APPROVALS}, format="json").json()["data"]["approvals"]


def test_a_session_posts_with_a_csrf_token_and_reads_without(world: World) -> None:
    client = signed_in(world, "auditor")
    body = {"query": APPROVALS}
    refused = client.post(ADDRESS, body, content_type="application/json")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert client.get(ADDRESS, body).json() == {"data": {"approvals": []}}
    client.cookies["csrftoken"] = token = "a" * 32
    posted = client.post(ADDRESS, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert posted.json() == {"data": {"approvals": []}}


def test_a_token_posts_without_a_csrf_token(asking: Asking) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {asking.token('auditor')}")
    assert client.post(ADDRESS, {"query": APPROVALS}, format="json").status_code == 200
