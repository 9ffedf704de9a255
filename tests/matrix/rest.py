"""Verbs tried over REST: the arguments of a service as an address and a body."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.test import APIClient

from api.routes import by_verb
from governance.accounts.models import User
from lineage.models import ModelVersion

NEEDS_MLFLOW = frozenset({"evidence.checkpoint.register", "evidence.evaluation.read"})
"""What asks a tracking server first; tests/api/test_register.py tries these on a real one."""
PARAMETER = re.compile(r"<\w+:(\w+)>")


class Rest:
    """The REST face."""

    name = "rest"

    def verbs(self) -> frozenset[str]:
        """Return the verbs that have an address."""
        return frozenset(by_verb()) - NEEDS_MLFLOW

    def attempt(self, verb: str, arguments: dict[str, Any], *, by: User, at: datetime) -> str:
        """Send the request that calls the service of `verb`, as `by`."""
        route = by_verb()[verb]
        lag = datetime.now(UTC) - at
        body = dict(_said(name, value, lag=lag) for name, value in arguments.items())
        path = PARAMETER.sub(lambda match: str(body.pop(match[1])), route.path)
        client = APIClient()
        client.force_authenticate(by)
        response = client.generic(route.method, f"/api/v1/{path}", json.dumps(body), "application/json")
        if response.status_code < 300:
            return "done"
        answer = response.json()
        return "refused" if response.status_code in (403, 404) else f"{answer['code']}: {answer['detail']}"


def _said(name: str, value: Any, *, lag: timedelta) -> tuple[str, Any]:
    """Return the field of a body for an argument of a service; the API's clock is `lag` ahead of the stage's."""
    if isinstance(value, ModelVersion):
        return "model", value.uri
    if isinstance(value, User):
        value = value.actor
    if isinstance(value, datetime):
        value = (value + lag).isoformat()
    return name.removesuffix("_key").removesuffix("_id"), value
