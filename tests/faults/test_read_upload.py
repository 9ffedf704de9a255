"""A large file becomes evidence once, whoever is cut off while it is sent by the command line and read by workers."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api import client as api
from api.cli import sending
from governance.audit.models import Leaf
from governance.evidence import parts
from governance.evidence.models import EvaluationRun, EvidenceUpload
from governance.evidence.states import UploadState
from governance.specs.models import SpecificationVersion
from tests.api.cli.site import Ran, Site, site
from tests.database import TestDatabase
from tests.factories.world import World
from tests.faults.workers import SECONDS, Queue, Worker, row_held, somebody_waits_for_a_row
from tests.waiting import until

ROWS = 230_000
GROUPS = (("excellent", "no"), ("good", "no"), ("fair", "no"), ("poor", "no"), ("other", "yes"))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """So many cases that what was gathered is kept at least once, all of them right."""
    rows = (
        {"case_id": f"c{n}", "metric": "recall", "value": 1, "context": "*", "health": health, "limited": limited}
        for n in range(ROWS)
        for health, limited in [GROUPS[n % len(GROUPS)]]
    )
    file = tmp_path / "large.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_a_file_whose_sending_and_reading_are_cut_off_is_evidence_once(
    committed_db: TestDatabase,
    world: World,
    specification: SpecificationVersion,
    queue: Queue,
    start_worker: Callable[[], Worker],
    large: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 1000)
    monkeypatch.setattr(api, "PART", 5_000_000)
    model = world.register().model_version.uri
    with site(world) as found, ThreadPoolExecutor(1) as another:
        token = found.token("engineer")
        with monkeypatch.context() as cut:
            cut.setattr(api.Client, "_send", _cut_after(2, api.Client._send))
            assert _sent(found, token, model, large).code != 0
        assert EvidenceUpload.objects.get().received == 5_000_000
        ran = another.submit(_sent, found, token, model, large)
        row = until(_whole, seconds=SECONDS, what="the file to be here")
        with row_held(committed_db, "systems_aisystem", row.system_id):
            reader = start_worker()
            until(lambda: somebody_waits_for_a_row(committed_db), seconds=SECONDS, what="the reader to be done")
            assert len(list(parts.kept(row.pk, parts.GATHERED))) == 1
            reader.kill()
        queue.time_out()
        start_worker()
        assert ran.result(SECONDS).code == 0, ran.result().err
    [evaluation] = EvaluationRun.objects.all()
    row.refresh_from_db()
    assert (row.state, row.evaluation, row.attempts) == (UploadState.RECORDED, evaluation, 2)
    assert (evaluation.cases, json.loads(ran.result().out)[0]["digest"]) == (ROWS, evaluation.digest)
    assert Leaf.objects.filter(type="evidence.evaluation.read").count() == 1
    until(lambda: not list(parts.kept(row.pk, parts.RECEIVED)), seconds=SECONDS, what="the parts to go")


def _whole() -> EvidenceUpload | None:
    return EvidenceUpload.objects.filter(state=UploadState.READING).first()


def _cut_after(most: int, send: Callable[..., Any]) -> Callable[..., Any]:
    """Let so many requests through, and then break off as somebody does who presses Ctrl-C."""
    left = iter(range(most))

    def cut(*arguments: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return send(*arguments, **more)

    return cut


def _sent(found: Site, token: str, model: str, file: Path) -> Ran:
    command = ["evidence", model, "--system", "outreach", "--file", str(file), "--json"]
    return found.edgewise(*command, "--evaluated-at", "2026-01-31T12:00:00Z", token=token)
