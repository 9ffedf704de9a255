"""Whose word counts as a hint, and what is kept of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from governance.errors import Invalid, NotFound
from lineage import hooks, sync
from lineage.models import Hint, Hook
from tests import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BODY = b'{"entity": "model_version_alias", "action": "created", "data": {"name": "outreach-model", "alias": "live"}}'


@pytest.fixture
def hook(world: object) -> Hook:
    return hooks.renew(sync.connect(key="main", url="http://127.0.0.1:9"), at=NOW - timedelta(days=1))


def signed(
    hook: Hook, body: bytes = BODY, *, at: datetime = NOW, delivery: str = "d-1", **changes: str
) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    signature = hooks.signature(hooks.secret(hook), delivery=delivery, timestamp=timestamp, body=body)
    return {hooks.DELIVERY: delivery, hooks.TIMESTAMP: timestamp, hooks.SIGNATURE: signature} | changes


def receive(headers: dict[str, str], body: bytes = BODY, *, at: datetime = NOW, server: str = "main") -> bool:
    return hooks.receive(server_key=server, headers=headers, body=body, at=at)


def test_what_a_real_server_sent_bears_the_signature_that_is_computed_here() -> None:
    samples = shared.folder("mlflow-samples")
    secret = json.loads((samples / "webhooks_create_request.json").read_text())["secret"]
    sent_by_it = sorted((samples / "webhook_payloads").glob("*.json"))
    assert len(sent_by_it) > 10
    for sample in sent_by_it:
        sent = json.loads(sample.read_text())
        given, body = sent["headers"], sent["raw_body"].encode()
        right = hooks.signature(secret, delivery=given[hooks.DELIVERY], timestamp=given[hooks.TIMESTAMP], body=body)
        assert given[hooks.SIGNATURE] == right, sample.name


def test_a_delivery_is_kept_once_however_often_it_comes(hook: Hook) -> None:
    assert [receive(signed(hook)) for _ in range(3)] == [True, False, False]
    hint = Hint.objects.get()
    assert (hint.event, hint.model, hint.said_at, hint.taken_at) == (
        "model_version_alias.created", "outreach-model", NOW, None,
    )  # fmt: skip
    assert hooks.waiting(hook.server) == [hint]


@pytest.mark.parametrize(
    ("changes", "body", "why"),
    [
        ({hooks.SIGNATURE: "v1,AAAA"}, BODY, "signature"),
        ({hooks.SIGNATURE: "v1,\u00e9"}, BODY, "signature"),
        ({}, BODY + b" ", "signature"),
        ({hooks.DELIVERY: "d-2"}, BODY, "signature"),
        ({hooks.TIMESTAMP: "1795780000"}, BODY, "signature"),
        ({hooks.TIMESTAMP: "soon"}, BODY, "names no delivery and time"),
        ({hooks.DELIVERY: "a/../b"}, BODY, "names no delivery and time"),
    ],
)
def test_a_forged_call_is_refused_and_shown(hook: Hook, changes: dict[str, str], body: bytes, why: str) -> None:
    with pytest.raises(hooks.HookRefused, match=why):
        receive(signed(hook) | changes, body)
    hook.refresh_from_db()
    assert hook.refused_at == NOW
    assert why in hook.refused_because
    assert not Hint.objects.exists()


@pytest.mark.parametrize("away", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_a_call_of_another_time_is_refused(hook: Hook, away: timedelta) -> None:
    with pytest.raises(hooks.HookRefused, match="5 minutes"):
        receive(signed(hook), at=NOW + away)


def test_refusals_are_noted_only_now_and_then(hook: Hook) -> None:
    for seconds in (0, 5):
        with pytest.raises(hooks.HookRefused):
            receive({}, at=NOW + timedelta(seconds=seconds))
    hook.refresh_from_db()
    assert hook.refused_at == NOW


def test_a_former_secret_holds_for_some_minutes(hook: Hook) -> None:
    headers = signed(hook)
    hooks.renew(hook.server, at=NOW)
    assert receive(headers, at=NOW + timedelta(minutes=4))
    old = signed(hook, at=NOW + timedelta(minutes=6), delivery="d-2")
    with pytest.raises(hooks.HookRefused, match="signature"):
        receive(old, at=NOW + timedelta(minutes=6))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"entity": 1}', b"[" * 5000, b'{"entity": "A", "action": "b", "data": {"name": 1}}']
)
def test_a_signed_call_that_says_nothing_is_refused(hook: Hook, body: bytes) -> None:
    with pytest.raises(Invalid, match="no event of MLflow"):
        receive(signed(hook, body), body)


def test_a_server_without_a_hook_has_none(hook: Hook) -> None:
    with pytest.raises(NotFound):
        receive(signed(hook), server="other")
