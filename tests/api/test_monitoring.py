"""What monitoring found, over REST."""

from __future__ import annotations

import pytest

from governance.approvals import writing_back
from governance.systems import services as systems
from tests.api.asking import Asking
from tests.api.test_main_job import ok
from tests.api.watching import seen_live
from tests.factories import mirror
from tests.factories.world import PHONE, World

pytestmark = pytest.mark.django_db
SECOND = "second-model"


def test_a_forged_tag_is_listed_with_before_and_after(world: World, asking: Asking) -> None:
    version, tag = world.mirror(), writing_back.tag_of(PHONE)
    version.tags = {tag: "A-1 active"}
    version.save(update_fields=["tags"])
    seen_live(world, version)
    (row,) = ok(asking.get("auditor", "marks", system="outreach", state="open"))["results"]
    told = [row[name] for name in ("context", "kind", "key", "model", "before", "after")]
    assert told == [PHONE, "tag", tag, version.uri, "", "A-1 active"]
    assert ok(asking.get("auditor", "marks", state="resolved"))["results"] == []
    assert ok(asking.get("outsider", "marks"))["results"] == []


@pytest.mark.expectation(23)
def test_changed_files_are_listed_as_an_incident(world: World, asking: Asking) -> None:
    version = world.mirror()
    before = version.digest
    mirror.rehashed(version, content=b"other", at=world.tick())
    seen_live(world, version)
    (row,) = ok(asking.get("board", "incidents", system="outreach", state="open"))["results"]
    assert (row["model"], row["server"], row["before"], row["after"]) == (version.uri, "main", before, version.digest)
    assert row["files"] == {"changed": ["model.pkl"], "added": [], "removed": []}
    assert ok(asking.get("outsider", "incidents"))["results"] == []


def test_of_several_live_models_one_is_asked_for_by_its_name(world: World, asking: Asking) -> None:
    by = world.people.administrator
    systems.connect_model(system_key="outreach", server_key="main", name=SECOND, by=by, at=world.tick())
    second = mirror.version("1", at=world.tick(), model=SECOND)
    mirror.point_alias("live-phone", second, at=world.tick(), model=SECOND)
    seen_live(world, world.mirror())
    rows = ok(asking.get("auditor", "systems/outreach/live"))
    assert [row["model"] for row in rows] == ["models:/outreach-model/1", "models:/second-model/1"]
    refused = asking.get("auditor", "systems/outreach/trace", context=PHONE)
    assert refused.status_code == 409
    assert "Name one of them" in refused.json()["detail"]
    found = ok(asking.get("auditor", "systems/outreach/trace", context=PHONE, model=SECOND))
    assert found["live"]["model"] == second.uri


def test_a_version_in_production_without_an_approval_is_listed(world: World, asking: Asking) -> None:
    version = world.mirror()
    version.stage = "Production"
    version.save(update_fields=["stage"])
    seen_live(world, version)
    (row,) = ok(asking.get("auditor", "claims", system="outreach", state="open"))["results"]
    assert [row[name] for name in ("kind", "model", "before", "after")] == ["stage", version.uri, "", "Production"]
    assert ok(asking.get("outsider", "claims"))["results"] == []
