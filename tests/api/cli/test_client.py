"""The four calls of a training script that lead from a version to a candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.client import Client, Refused, Unreachable
from tests.api.cli.site import Site, serving
from tests.factories.world import PHONE

MODEL = "models:/outreach-model/1"
ABOUT = {"system": "outreach"}
CALLS: dict[str, Callable[[Client], Any]] = {
    "register": lambda client: client.register(MODEL, **ABOUT),
    "evidence": lambda client: client.evidence(MODEL, **ABOUT),
    "gate": lambda client: client.gate(MODEL, **ABOUT, context=PHONE),
    "open_candidate": lambda client: client.open_candidate(MODEL, **ABOUT, context=PHONE),
}


def test_a_version_is_judged_and_put_forward_from_python(running: Site) -> None:
    running.world.judged()
    with Client(running.url, running.token("engineer")) as client:
        report = client.gate(MODEL, **ABOUT, context=PHONE)
        candidate = client.open_candidate(MODEL, **ABOUT, context=PHONE)
        with pytest.raises(Refused) as refusal:
            client.open_candidate(MODEL, **ABOUT, context="us/nowhere")
    assert (report["verdict"], report["context"]) == ("PASS", PHONE)
    assert (candidate["model"], candidate["state"]) == (MODEL, "open")
    assert refusal.value.status == 404


@pytest.mark.parametrize("body", [b'"done"', b"{", b"null", b"<html>done</html>", b"[" * 3])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_not_an_answer_of_edgewise_is_no_result(call: str, body: bytes) -> None:
    def elsewhere(environ: object, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [body]

    with serving(elsewhere) as url, Client(url, "ew_token") as client, pytest.raises(Unreachable):
        CALLS[call](client)
