"""What a real MLflow server can be made to give, end to end: to the server's page, and to the history."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from governance.monitoring.copies import OUTSIDE
from governance.monitoring.models import OutOfBandClaim
from lineage import selectors
from lineage.models import ModelVersion, SyncReport, TrackingServer
from tests.factories import mirror
from tests.factories.world import World
from tests.frontend.conftest import SignedIn
from tests.governance.monitoring.watched import Mirrored, connected
from tests.lineage.somebody import API, Somebody
from tests.tracking import add_version

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mlflow")]
TAGS = 100_000
HIDDEN = "board\u202egnp.exe\x1b[2J\x00"
NAMED = ("U+202E", "U+001B")
Page = Callable[[str], str]


@pytest.fixture
def world(world: World, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """MLflow holds two versions, which were seen."""
    mirrored = connected(world, outreach, mlflow_url)
    mirrored.watch()
    return mirrored


@pytest.fixture
def page(world: Mirrored, as_person: SignedIn) -> Page:
    """What a page says to an auditor."""

    def read(path: str) -> str:
        answer = as_person(world.people.auditor).get(path)
        assert answer.status_code == 200
        said = answer.content.decode()
        assert not set("\x00\x1b\u202e") & set(said)
        return " ".join(re.sub(r"<[^>]*>", " ", said).split())

    return read


def history_of(number: str) -> str:
    return f"/systems/outreach/history/?model=models:/{mirror.MODEL}/{number}"


def version(number: str) -> ModelVersion:
    return selectors.version(server=TrackingServer.objects.get(), name=mirror.MODEL, version=number)


def reports() -> list[tuple[str, str]]:
    return list(SyncReport.objects.order_by("pk").values_list("outcome", "error"))


def test_a_hundred_thousand_tags_and_one_of_a_megabyte_come_and_go(
    world: Mirrored, page: Page, mlflow_database: Path, settings: Any
) -> None:
    with closing(sqlite3.connect(mlflow_database, timeout=30)) as store, store:
        rows = [(f"tag-{number:06}", "x", mirror.MODEL, 1) for number in range(TAGS)]
        rows.append(("a-long-one", "y" * 1_000_000, mirror.MODEL, 1))
        store.executemany("INSERT INTO model_version_tags (key, value, name, version) VALUES (?, ?, ?, ?)", rows)
    # MLflow itself takes seconds over so many: told, and nothing is half read.
    settings.MLFLOW_TIMEOUT_SECONDS = 0.2
    world.watch()
    assert "does not answer since" in page("/servers/main/")
    assert (reports()[-1][0], version("1").tags) == ("failed", {})
    settings.MLFLOW_TIMEOUT_SECONDS = 120.0
    world.watch()
    tags = version("1").tags
    assert (len(tags), len(tags["a-long-one"])) == (TAGS + 1, 1_000_000)
    assert reports()[-1] == ("succeeded", "")
    assert "succeeded 100 % none" in page("/servers/main/")
    shown = page(history_of("1"))
    assert "More of its 1000000 characters" in shown
    assert "And 99901 more." in shown
    with closing(sqlite3.connect(mlflow_database, timeout=30)) as store, store:
        store.execute("DELETE FROM model_version_tags WHERE name = ?", [mirror.MODEL])
    world.watch()
    assert version("1").tags == {}
    assert "Tag removed tag-" in page(history_of("1"))


def test_characters_that_nobody_sees_arrive_and_are_named(world: Mirrored, page: Page, outreach: Somebody) -> None:
    outreach.tag_version("1", "team", HIDDEN)
    outreach.describe(HIDDEN, version="1")
    world.watch()
    assert reports()[-1] == ("succeeded", "")
    assert "succeeded 100 % none" in page("/servers/main/")
    shown = page(history_of("1"))
    assert all(name in shown for name in NAMED)
    assert "\u202e" in version("1").tags["team"]


@pytest.mark.parametrize("name", ["..\\evil", "a%5cb", "%e2%80%ae.txt"])
def test_a_hostile_file_name_is_told_on_the_page_and_read_again_once_it_is_gone(
    world: Mirrored, page: Page, outreach: Somebody, name: str
) -> None:
    run = outreach.start_run("training", user="trainer")
    model_id = outreach.log_model_files({"model.pkl": b"third"})
    folder = f"mlflow-artifacts:/{outreach.trained['experiment']}/models/{model_id}/artifacts"
    outreach.put_file(folder, name, b"evil")
    number = outreach.create_version(model_id, run_id=run)
    add_version(outreach, content=b"fourth")
    world.watch()
    assert version("4").digest != ""
    assert version(number).digest == ""
    told = page("/servers/main/")
    assert f"models:/{mirror.MODEL}/{number} , tried" in told
    assert "is refused" in told
    place = f"/api/2.0/mlflow-artifacts/artifacts/{folder.removeprefix('mlflow-artifacts:/')}/{name}"
    outreach.http.delete(place).raise_for_status()
    world.tick(11)
    world.watch()
    assert version(number).digest != ""
    assert "The files of every version that was tried could be hashed." in page("/servers/main/")


@pytest.mark.parametrize("name", ["a\x01b", "a\u202eb", "a@b", "<script>", "x" * 1001])
def test_a_version_copied_from_a_model_with_a_hostile_name_keeps_nothing_from_being_read(
    world: Mirrored, page: Page, outreach: Somebody, name: str
) -> None:
    other = Somebody(http=outreach.http, trained=outreach.trained, model=name)
    other.create_model()
    try:
        number = add_version(other, content=b"hostile")
        asked = {"name": name, "version": number}
        found = other.http.get(f"{API}model-versions/get", params=asked).json()["model_version"]
        copy = outreach.create_version(source=f"models:/{name}/{number}", run_id=found["run_id"])
        outreach.tag_version("2", "team", "outreach")
        world.watch()
    finally:
        other.delete_model()
    assert reports()[-1] == ("succeeded", "")
    assert "succeeded 100 % none" in page("/servers/main/")
    assert version("2").tags == {"team": "outreach"}
    assert version(copy).digest != ""
    assert OutOfBandClaim.objects.get().model_version == version(copy)
    page("/systems/outreach/")
    page(history_of(copy))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "x" * 5000, "\x01", "'; DROP TABLE x; --", "a\u202eb"])
def test_a_hostile_origin_in_mlflow_s_own_records_keeps_nothing_from_being_read(
    world: Mirrored, page: Page, outreach: Somebody, mlflow_database: Path, name: str
) -> None:
    with closing(sqlite3.connect(mlflow_database, timeout=30)) as store, store:
        source = f"models:/{name}/1"
        store.execute("UPDATE model_versions SET source = ? WHERE name = ? AND version = 1", [source, mirror.MODEL])
    outreach.tag_version("2", "team", "outreach")
    world.watch()
    assert reports()[-1] == ("succeeded", "")
    assert "succeeded 100 % none" in page("/servers/main/")
    assert version("2").tags == {"team": "outreach"}
    assert [(claim.kind, claim.after) for claim in OutOfBandClaim.objects.all()] == [("copy", OUTSIDE)]
    assert "Source changed" in page(history_of("1"))
    page("/systems/outreach/")
