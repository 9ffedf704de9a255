"""From a candidate to its bundle by the command alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.audit import services as audit
from tests.api.cli.site import Ran, Site, edgewise
from tests.factories.world import PHONE

MODEL = "models:/outreach-model/1"


def digest_of(running: Site, candidate: int) -> str:
    return json.loads(running.edgewise("candidate", "show", str(candidate), "--json").out)["revision"]["digest"]


def signed(running: Site, candidate: int, who: str, *more: str) -> Ran:
    digest = digest_of(running, candidate)
    return running.edgewise("candidate", "sign", str(candidate), "--digest", digest, *more, who=who)


def test_a_release_from_opening_to_a_verified_bundle(running: Site, tmp_path: Path) -> None:
    running.world.judged()
    opened = running.edgewise("candidate", "open", MODEL, "--system", "outreach", "--context", PHONE, "--json")
    assert opened.code == 0, opened.err
    candidate = json.loads(opened.out)["id"]
    refused = signed(running, candidate, "engineer", "--role", "board_member")
    assert refused.code == 1
    assert "You cannot sign this candidate" in refused.err
    assert signed(running, candidate, "board", "--role", "board_member").code == 0
    again = signed(running, candidate, "board", "--role", "board_member")
    assert (again.code, "sign-off is final" in again.err) == (1, True)
    deciding = ["candidate", "decide", str(candidate), "--outcome", "approved", "--reason", "It holds.", "--digest"]
    early = running.edgewise(*deciding, digest_of(running, candidate), who="board")
    assert early.code == 1
    assert "approving sign-offs" in early.err
    assert signed(running, candidate, "second_board", "--role", "board_member").code == 0
    spoke = signed(running, candidate, "representative", "--role", "representative", "--group", "poor-health")
    assert spoke.code == 0, spoke.err
    shown = running.edgewise("candidate", "show", str(candidate))
    assert "unmet" not in shown.out
    decided = running.edgewise(*deciding, digest_of(running, candidate), "--json", who="board")
    approval = str(json.loads(decided.out)["approval"])
    assert MODEL in running.edgewise("approval", "list", "--system", "outreach").out
    assert "state: active" in running.edgewise("approval", "show", approval).out

    bundle, keys = tmp_path / "a.zip", tmp_path / "keys.pub"
    early = running.edgewise("bundle", approval, "-o", str(bundle), "--wait", "0", who="auditor")
    assert (early.code, bundle.exists()) == (1, False)
    assert "not in the signed tree yet" in early.err
    audit.integrate(at=datetime.now(UTC))
    written = running.edgewise("bundle", approval, "-o", str(bundle), "--keys", str(keys), who="auditor")
    assert written.code == 0, written.err
    found = edgewise("verify", str(bundle), "--keys", str(keys))
    assert found.code == 0, found.out
    assert found.out.splitlines()[-1].startswith(f"Verified: {MODEL}")
    assert "tree head over" in found.out
    assert running.edgewise("log", "head", "--keys", str(keys)).code == 0

    whole = bundle.read_bytes()
    data = bytearray(whole)
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    broken = edgewise("verify", str(bundle), "--keys", str(keys), "--json")
    assert broken.code == 1
    assert json.loads(broken.out)["wrong"]

    revoked = running.edgewise("approval", "revoke", approval, "--reason", "Harm was reported.", who="board")
    assert revoked.code == 0, revoked.err
    assert running.edgewise("check", MODEL, "--context", PHONE).code == 1
    bundle.write_bytes(whole)
    assert edgewise("verify", str(bundle), "--keys", str(keys)).code == 0

    audit.integrate(at=datetime.now(UTC))
    assert running.edgewise("bundle", approval, "-o", str(bundle), who="auditor").code == 0
    ended = edgewise("verify", str(bundle), "--keys", str(keys))
    assert ended.code == 1
    assert ended.out.splitlines()[-2].startswith(f"Verified: {MODEL}")
    assert ended.out.splitlines()[-1].startswith("The proofs hold, the approval does not. It was revoked at ")
    told = json.loads(edgewise("verify", str(bundle), "--keys", str(keys), "--json").out)
    assert (told["ok"], told["stands"], told["wrong"]) == (True, False, "")
    assert told["fallen"].startswith("It was revoked at ")


def test_what_is_shown_as_a_1_or_c_1_is_taken_as_such(running: Site) -> None:
    approval = running.world.approve()
    candidate = approval.decision.revision.candidate
    for number in (str(approval), str(approval).lower(), str(approval.pk)):
        assert f"id: {approval.pk}\n" in running.edgewise("approval", "show", number).out
    for number in (str(candidate), str(candidate.pk)):
        assert running.edgewise("candidate", "show", number).out.startswith(f"Candidate {candidate.pk}:")
    wrong = edgewise("bundle", str(candidate), "-o", "x.zip")
    assert wrong.code == 2
    assert f"“{candidate}” is not the number of an approval" in " ".join(wrong.err.replace("│", "").split())


def test_a_token_that_may_see_no_system_is_told_what_to_ask_for(running: Site) -> None:
    assert running.edgewise("approval", "list").out == "There is none.\n"
    for who in ("pipeline", "outsider"):
        blind = running.edgewise("approval", "list", who=who)
        assert (blind.code, "may see no system" in blind.out, "Ask an administrator" in blind.out) == (0, True, True)
    assert json.loads(running.edgewise("approval", "list", "--json", who="outsider").out) == []


@pytest.mark.parametrize("command", [("check", MODEL, "--context", PHONE), ("approval", "list")])
def test_whoever_gives_no_token_is_told_what_to_set_and_where_to_get_one(
    running: Site, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.delenv("EDGEWISE_TOKEN", raising=False)
    found = edgewise(*command, "--url", running.url)
    assert (found.code, "Set EDGEWISE_TOKEN" in found.err, "docs/how-to/install.md" in found.err) == (1, True, True)
    told = running.edgewise(*command, token="ew_nobody")
    assert "EDGEWISE_TOKEN" not in told.err


def test_a_candidate_is_withdrawn_and_a_needless_refresh_refused(running: Site) -> None:
    candidate = str(running.world.open_candidate().pk)
    refresh = running.edgewise("candidate", "refresh", candidate)
    assert (refresh.code, "Nothing has changed" in refresh.err) == (1, True)
    assert running.edgewise("candidate", "withdraw", candidate, "--reason", "A better one is coming.").code == 0
    assert "withdrawn" in running.edgewise("candidate", "show", candidate).out
    assert running.edgewise("candidate", "show", "999").code == 1


def test_the_gate_is_asked_and_says_why_not(running: Site) -> None:
    running.world.register()
    found = running.edgewise("gate", MODEL, "--system", "outreach", "--context", PHONE)
    assert found.code == 0, found.err
    assert "INSUFFICIENT" in found.out
    assert "excellent-health" in found.out


def test_a_malformed_field_is_named_with_its_remedy(running: Site) -> None:
    found = running.edgewise("register", "models:/outreach-model@live", "--system", "outreach")
    assert found.code == 1
    assert "models:/NAME/VERSION" in found.err


def test_a_registration_that_mlflow_cannot_confirm_is_unreachable(running: Site) -> None:
    running.world.mirror()
    found = running.edgewise("register", MODEL, "--system", "outreach")
    assert found.code == 3, found.err


def test_a_synchronisation_is_asked_for(running: Site) -> None:
    assert running.edgewise("sync", "--system", "outreach").code == 0
