"""A real MLflow server asks a real Edgewise, whichever way somebody tries to make a version live."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.approvals import issuing, writing_back
from governance.approvals.models import Approval, WriteBack
from governance.approvals.states import WriteBackState
from lineage import sync
from lineage.models import ModelVersion
from tests.api.cli.site import Site, site
from tests.factories.mirror import MODEL
from tests.factories.world import LETTER, PHONE, World
from tests.lineage.mlflow_plugin.clients import outcomes
from tests.lineage.mlflow_plugin.conftest import hashed_just_now
from tests.lineage.mlflow_plugin.guarded import ABSENT, FREE, PRODUCTION, Guarded
from tests.tracking import add_version

pytestmark = pytest.mark.xdist_group("guarded")
APPROVED, OTHER = "1", "2"
SOURCE = f"models:/{MODEL}/"


def revoke(edgewise: Site, approval: Approval) -> None:
    world = edgewise.world
    issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())


def deliver(edgewise: Site) -> None:
    world = edgewise.world
    for row in WriteBack.objects.filter(state=WriteBackState.PENDING).order_by("pk"):
        writing_back.deliver(write_back_id=row.pk, by=world.people.machine, at=world.tick())


def test_an_alias_is_set_while_an_approval_holds_and_not_without_one(
    closed: Guarded, edgewise: Site, approval: Approval
) -> None:
    assert closed.set_alias(APPROVED).status_code == 200
    assert closed.aliases() == {"live-phone": APPROVED}
    refused = closed.set_alias(OTHER)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    revoke(edgewise, approval)
    revoked = closed.set_alias(APPROVED)
    assert revoked.status_code == 403
    assert "approval: " in revoked.json()["message"]
    assert "Harm was seen." in revoked.json()["message"]
    assert closed.aliases() == {"live-phone": APPROVED}


def test_a_refusal_names_each_requirement_that_is_not_met(closed: Guarded, edgewise: Site) -> None:
    edgewise.world.register(OTHER)
    hashed_just_now()
    first, *reasons = closed.set_alias(OTHER).json()["message"].splitlines()
    assert first == f"Edgewise refuses alias live-phone of {MODEL} for {SOURCE}{OTHER}. Not met:"
    assert [reason.split(": ")[:2] for reason in reasons] == [[f"- {PHONE}", "approval"], [f"- {PHONE}", "gate"]]
    assert "not evaluated" in reasons[1]


def test_mlflows_client_and_its_web_interface_are_told_the_same(closed: Guarded, edgewise: Site) -> None:
    body = {"name": MODEL, "alias": "live-phone", "version": OTHER}
    shown = closed.ask("registered-models/alias", face="ajax-api", **body)
    asked = f"client.set_registered_model_alias({MODEL!r}, 'live-phone', {OTHER!r})"
    (told,) = outcomes([asked], folder=closed.log.parent, MLFLOW_TRACKING_URI=closed.url)
    assert shown.status_code == 403
    assert told == f"403 PERMISSION_DENIED: {shown.json()['message']}"
    assert closed.aliases() == {}


@pytest.mark.parametrize("archive", [True, False])
def test_a_version_comes_into_a_protected_stage_by_an_approval_alone(
    closed: Guarded, edgewise: Site, archive: bool
) -> None:
    assert closed.move(APPROVED, "production", archive=archive).status_code == 200
    assert closed.move(OTHER, "Production", archive=archive).status_code == 403
    assert closed.move(OTHER, "PRODUCTION", archive=archive).status_code == 403
    assert [closed.version(number)["current_stage"] for number in (APPROVED, OTHER)] == ["Production", "None"]
    assert closed.move(OTHER, "Staging").status_code == 200


def test_nobody_answering_is_a_no_and_changes_nothing(closed: Guarded) -> None:
    closed.token_file.write_text("ew_token")
    for refused in (closed.set_alias(APPROVED), closed.move(APPROVED, "Production"), closed.copy(f"{SOURCE}1")):
        assert refused.status_code == 403
        assert "No answer from Edgewise" in refused.json()["message"]
    assert closed.aliases() == {}
    assert closed.version(APPROVED)["current_stage"] == "None"


def test_while_mlflow_waits_edgewise_can_ask_it_for_the_files(closed: Guarded, edgewise: Site) -> None:
    sync.connect(key="main", url=closed.url)
    ModelVersion.objects.update(digest_checked_at=datetime.now(UTC) - timedelta(days=1))
    (reason,) = closed.set_alias(APPROVED).json()["message"].splitlines()[1:]
    assert reason.startswith(f"- {PHONE}: bytes: The bytes of {SOURCE}{APPROVED} could not be checked")
    assert "than the one that was recorded" in reason


def test_what_is_not_protected_never_waits_for_edgewise(closed: Guarded) -> None:
    assert closed.set_alias(OTHER, alias="candidate").status_code == 200
    assert closed.set_alias(OTHER, model=FREE).status_code == 200
    free = closed.on(FREE)
    free.tag_version(OTHER, writing_back.tag_of(PHONE), "A-1 active")
    assert closed.copy(f"{SOURCE}{OTHER}", to=FREE).status_code == 200
    renamed = closed.ask("registered-models/rename", name=FREE, new_name="renamed")
    assert renamed.status_code == 200
    closed.on("renamed").delete_model()


def test_taking_a_version_down_never_waits_for_edgewise(closed: Guarded, edgewise: Site) -> None:
    closed.set_alias(APPROVED).raise_for_status()
    closed.move(APPROVED, "Production").raise_for_status()
    closed.token_file.write_text("ew_nobody")
    closed.on(MODEL).drop_alias("live-phone")
    closed.move(APPROVED, "Archived").raise_for_status()
    another = add_version(closed.on(MODEL))
    closed.on(MODEL).delete_version(another)
    assert closed.aliases() == {}


def test_a_production_model_takes_approved_copies_alone(closed: Guarded, edgewise: Site, approval: Approval) -> None:
    made = closed.copy(f"{SOURCE}{APPROVED}")
    assert made.status_code == 200
    copied = made.json()["model_version"]["version"]
    assert closed.set_alias(copied, alias="live", model=PRODUCTION).status_code == 200
    model_id = closed.version(OTHER)["source"].removeprefix("models:/")
    closed.set_alias(OTHER, alias="candidate").raise_for_status()
    for refused, reason in (
        (closed.copy(f"{SOURCE}{OTHER}"), f"{PHONE}: "),
        (closed.copy(f"models:/{MODEL}@candidate"), f"{PHONE}: "),
        (closed.copy(f"models:/{FREE}/1"), "not protected"),
        (closed.copy(f"models:/{model_id}", model_id=model_id), "takes copies"),
        (closed.copy("s3://bucket/model"), "takes copies"),
    ):
        assert refused.status_code == 403
        assert reason in refused.json()["message"]
    assert [row["version"] for row in closed.model(PRODUCTION)["latest_versions"]] == [copied]
    revoke(edgewise, approval)
    assert closed.copy(f"{SOURCE}{APPROVED}").status_code == 403
    assert closed.set_alias(copied, alias="live", model=PRODUCTION).status_code == 403


def test_mlflows_own_copying_of_a_version_is_a_copy(closed: Guarded, edgewise: Site) -> None:
    lines = [f"client.copy_model_version('{SOURCE}{number}', {PRODUCTION!r}).source" for number in (APPROVED, OTHER)]
    done, refused = outcomes(lines, folder=closed.log.parent, MLFLOW_TRACKING_URI=closed.url)
    assert done == f"{SOURCE}{APPROVED}"
    assert "Edgewise refuses a new version" in refused


def test_a_protected_name_stays_with_its_model(closed: Guarded, edgewise: Site) -> None:
    created = closed.model()["creation_timestamp"]
    for refused in (
        closed.ask("registered-models/delete", method="DELETE", name=MODEL),
        closed.ask("registered-models/rename", name=MODEL, new_name="aside"),
        closed.ask("registered-models/rename", name=FREE, new_name=ABSENT),
    ):
        assert refused.status_code == 403
        assert "Edgewise knows it by its name" in refused.json()["message"]
    assert closed.model()["creation_timestamp"] == created
    assert closed.model(FREE)
    assert not closed.model(ABSENT)


def test_edgewises_own_marks_come_from_edgewise_alone(closed: Guarded, edgewise: Site, approval: Approval) -> None:
    sync.connect(key="main", url=closed.url)
    hashed_just_now()
    alias, tag = writing_back.alias_of(PHONE), writing_back.tag_of(PHONE)
    deliver(edgewise)
    assert closed.aliases() == {alias: APPROVED}
    (said,) = closed.version(APPROVED)["tags"]
    assert said["value"].startswith(f"{approval} active ")
    assert closed.set_alias(OTHER, alias=alias).status_code == 403
    assert closed.set_alias(APPROVED, alias=writing_back.alias_of(LETTER)).status_code == 403
    for value in (said["value"], "active", "", f"{approval}  revoked"):
        forged = closed.ask("model-versions/set-tag", name=MODEL, version=OTHER, key=tag, value=value)
        assert forged.status_code == 403, value
    forged = {"tags": [{"key": tag, "value": said["value"]}, {"key": "kept", "value": "yes"}]}
    made = closed.copy(f"{SOURCE}{OTHER}", to=MODEL, **forged).json()["model_version"]["version"]
    assert closed.version(made)["tags"] == [{"key": "kept", "value": "yes"}]
    revoke(edgewise, approval)
    deliver(edgewise)
    assert closed.aliases() == {}
    assert closed.version(APPROVED)["tags"][0]["value"].startswith(f"{approval} revoked ")
    assert not WriteBack.objects.filter(state=WriteBackState.PENDING).exists()


def test_where_it_may_the_server_allows_what_nobody_answers_and_says_so_loudly(opened: Guarded) -> None:
    opened.token_file.write_text("ew_token")
    assert opened.set_alias(OTHER).status_code == 200
    assert opened.aliases() == {"live-phone": OTHER}
    log = opened.log.read_text()
    assert f"UNCHECKED PROMOTION: alias live-phone of {MODEL} for {SOURCE}{OTHER} in {PHONE} was allowed." in log
    assert "Promotions are allowed without approval while Edgewise does not answer" in log


def test_a_refusal_is_one_line_of_the_log_whatever_it_is_about(closed: Guarded) -> None:
    closed.token_file.write_text("ew_token")
    forged = "approved-x\nCRITICAL forged"
    assert closed.set_alias(OTHER, alias=forged).status_code == 403
    assert not any(line.startswith("CRITICAL forged") for line in closed.log.read_text().splitlines())


def test_with_workspaces_mlflow_does_not_start_unguarded(tmp_path: Path) -> None:
    stores = ["--backend-store-uri", f"sqlite:///{tmp_path}/m.db", "--registry-store-uri"]
    command = [sys.executable, "-m", "mlflow", "server", *stores, f"edgewise-sqlite:///{tmp_path}/m.db"]
    guard = {"URL": "http://127.0.0.1:9", "TOKEN_FILE": str(tmp_path / "token"), "PROTECTED": f"{MODEL}@live=eu"}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("EDGEWISE_", "MLFLOW_"))},
        **{f"EDGEWISE_GUARD_{name}": value for name, value in guard.items()},
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command += ["--workers", "1", "--port", "0", "--enable-workspaces"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "does not support workspace-aware operations" in done.stderr


def test_where_it_allows_silence_a_no_is_still_a_no(
    opened: Guarded, committed_db: object, world: World, approval: Approval
) -> None:
    with site(world, port=opened.site_port) as edgewise:
        hashed_just_now()
        opened.token_file.write_text(edgewise.token("pipeline"))
        assert opened.set_alias(APPROVED).status_code == 200
        assert opened.set_alias(OTHER).status_code == 403
        opened.token_file.write_text("ew_nobody")
        assert opened.set_alias(APPROVED).status_code == 403
        opened.token_file.unlink()
        assert opened.set_alias(APPROVED).status_code == 403
    assert opened.aliases() == {"live-phone": APPROVED}
