"""Asking the API as one of the tests' people, with a token that was issued for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.test import APIClient

from governance.accounts import services as accounts
from governance.systems.roles import SCOPES
from tests.factories.world import World

ROOT = "/api/v1/"


class Asking:
    """`asking.get("board", "systems")`, `asking.post("engineer", "systems/outreach/candidates", {...})`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._clients: dict[str, APIClient] = {}

    def token(self, name: str, scopes: Iterable[str] = SCOPES, *, expires_at: datetime | None = None) -> str:
        """Issue a token as the person would, or as an administrator does for the pipeline; return its secret."""
        user = self.world.people.by_name[name]
        by = self.world.people.administrator if user.kind == "service" else user
        now = datetime.now(UTC)
        _, secret = accounts.issue_token(
            user=user,
            label="test",
            scopes=list(scopes),
            expires_at=expires_at or now + timedelta(days=1),
            by=by,
            at=now if expires_at is None else expires_at - timedelta(hours=1),
        )
        return secret

    def client(self, name: str, scopes: Iterable[str] = SCOPES, **token: Any) -> APIClient:
        """Return a client with a fresh token."""
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token(name, scopes, **token)}")
        return client

    def as_(self, name: str) -> APIClient:
        """Return this person's client."""
        if name not in self._clients:
            self._clients[name] = self.client(name)
        return self._clients[name]

    def get(self, name: str, path: str, **query: str) -> Any:
        """Return the answer to a GET."""
        return self.as_(name).get(ROOT + path, query)

    def post(self, name: str, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> Any:
        """Return the answer to a POST of JSON."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.as_(name).post(ROOT + path, body or {}, format="json", headers=headers)

    def put(self, name: str, path: str, body: dict[str, Any], *, read: str = "") -> Any:
        """Return the answer to a PUT of JSON; `read` is the ETag that goes into If-Match."""
        headers = {"If-Match": read} if read else {}
        return self.as_(name).put(ROOT + path, body, format="json", headers=headers)
