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
from governance.systems.roles import ROLES
from tests import people
from tests.api.asking import Asking
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


def test_no_operation_breaks_on_anything(world: World, asking: Asking, described: dict[str, Any]) -> None:
    approval = world.approve()
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
