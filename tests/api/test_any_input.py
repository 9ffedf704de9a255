"""Whatever a client sends that fits the description, or does not, is answered and never breaks anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from config.wsgi import application
from governance import actions
from governance.approvals.models import Approval
from governance.systems.roles import ROLES
from tests import people
from tests.api.asking import ROOT, Asking
from tests.factories.world import World

EXAMPLES = 3
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)
load_all_checks()


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Let requests share the test's connection and its transaction, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def able(operation_id: str) -> str:
    """Return the name of somebody who may do what the operation does."""
    permissions = {verb.replace(".", "_"): action.permission for verb, action in actions.register().items()}
    permission = permissions.get(operation_id, "log.read")
    if permission in (actions.ADMINISTRATOR, actions.ONESELF):
        return "administrator"
    return next(name for name, (role, _) in people.ROLES.items() if permission in ROLES[role])


def operations() -> dict[str, Any]:
    """Return every operation of the description by its id."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.definition.raw["operationId"]: operation for operation in found}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The operations, read once."""
    return operations()


def test_no_operation_breaks_on_anything(
    world: World, asking: Asking, described: dict[str, Any], approval: Approval
) -> None:
    report = approval.decision.revision.report
    known = {
        "system": "outreach",
        "approval": approval.pk,
        "candidate": world.open_candidate(number="2").pk,
        "deliberation": approval.specification.deliberation_id,
        "report": report.pk,
        "number": "1.0.0",
        "index": 0,
        "leaf": approval.leaf_id,
    }
    names = {operation: able(operation) for operation in described}
    tokens = {name: {"Authorization": f"Bearer {asking.token(name)}"} for name in set(names.values())}
    for name, operation in described.items():
        _try(operation, tokens[names[name]], known)


DEEP = "[" * 50_000 + "]" * 50_000
LONG = "9" * 5_000


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("post", "systems", DEEP),
        ("post", "systems", f'{{"key": {DEEP}}}'),
        ("post", "systems", '{"key": ' * 50_000 + "1" + "}" * 50_000),
        ("post", "systems/outreach/groups", f'{{"selector": {"[" * 500 + "]" * 500}}}'),
        ("post", "systems", f'{{"key": {LONG}}}'),
        ("put", "systems/outreach/specification/draft", DEEP),
    ],
    ids=range(6),
)
def test_json_that_is_too_deep_or_too_long_is_malformed(asking: Asking, method: str, place: str, body: str) -> None:
    response = getattr(asking.as_("steward"), method)(ROOT + place, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse-error")
    assert response.json()["problems"][0]["where"] == "body"


@pytest.mark.parametrize("text", [DEEP, "a: " + "{a: " * 20_000, "- " * 50_000], ids=range(3))
def test_a_specification_that_is_too_deep_is_told_so(asking: Asking, text: str) -> None:
    response = asking.post("steward", "specifications/lint", {"text": text})
    assert response.status_code == 200
    assert response.json()["problems"]


NO_VERSIONS = ("%00", "1.0.0%00", "1.0.0%0A", "x", "9.9.9", LONG, "9" * 2_000 + ".0.0")
OF_NUMBERS = ("candidates/{}", "approvals/{}", "deliberations/{}", "log/entries/{}", "log/leaves/{}")


def test_what_cannot_be_a_version_or_an_id_is_not_there(asking: Asking) -> None:
    versions = [f"systems/outreach/specification/versions/{number}" for number in NO_VERSIONS]
    numbers = [place.format("9" * digits) for place in OF_NUMBERS for digits in (19, 20, 400, 5_000)]
    for place in versions + numbers:
        response = asking.get("auditor", place)
        assert (response.status_code, response.json()["code"]) == (404, "not-found"), place[:100]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f"{{ approval(id: {LONG}) {{ id }} }}", {}),
        (f'{{ approval(id: "{LONG}") {{ id }} }}', {}),
        ("query Q($id: ID!) { approval(id: $id) { id } }", {"id": LONG}),
        (f"{{ approvals(before: {LONG}) {{ id }} }}", {}),
        (f"{{ approvals(first: {LONG}) {{ id }} }}", {}),
        (f"{{ approvals(first: -{LONG}) {{ id }} }}", {}),
        (f"query Q($n: Int = {LONG}) {{ approvals(first: $n) {{ id }} }}", {}),
        ("query Q($n: Int) { approvals(first: $n) { id } }", {"n": int("9" * 4_000)}),
        (f"{{ approvals(system: {LONG}) {{ id }} }}", {}),
        ("{ approval(id: 1)" + "{ decision " * 490, {}),
        ("{ approvals(first: " + "[" * 990, {}),
    ],
    ids=range(11),
)
def test_no_query_breaks_the_site(asking: Asking, query: str, variables: dict[str, Any]) -> None:
    response = asking.as_("auditor").post("/api/graphql/", {"query": query, "variables": variables}, format="json")
    assert response.status_code in (200, 400)
    assert {error["extensions"]["code"] for error in response.json()["errors"]} <= {"invalid-query", "not-found"}


@pytest.mark.parametrize("variables", [DEEP, '{"a": ' * 3_000 + "1" + "}" * 3_000, f'{{"n": {LONG}}}'], ids=range(3))
def test_variables_in_an_address_are_bounded_too(asking: Asking, variables: str) -> None:
    given = {"query": "{ approvals { id } }", "variables": variables}
    response = asking.as_("auditor").get("/api/graphql/", given)
    assert (response.status_code, response.json()["problems"][0]["where"]) == (422, "variables")


def _try(operation: Any, headers: dict[str, str], known: dict[str, Any]) -> None:
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        for name in list(case.path_parameters or {}):
            case.path_parameters[name] = known.get(name, case.path_parameters[name])
        case.headers = {}
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
