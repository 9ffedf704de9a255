"""What the pages say of what was done past Edgewise."""

from __future__ import annotations

import pytest

from governance.approvals import writing_back
from governance.monitoring import services
from governance.systems import services as systems
from lineage.models import SyncReport
from tests.factories import mirror
from tests.factories.world import PHONE, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
PAGE = "/systems/outreach/"


def judge(world: World) -> None:
    report = SyncReport.objects.create(server=mirror.server(), started_at=world.tick())
    services.judge_synchronisation(system_key="outreach", report=report, by=world.people.machine, at=world.tick())


def text(world: World, as_person: SignedIn, name: str = "auditor", path: str = PAGE) -> str:
    response = as_person(world.people.by_name[name]).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_forged_mark_is_shown_where_promotions_are_with_before_and_after(world: World, as_person: SignedIn) -> None:
    version = world.mirror()
    version.tags = {writing_back.tag_of(PHONE): "A-1 active"}
    version.save(update_fields=["tags"])
    judge(world)
    shown = text(world, as_person)
    assert "was changed in MLflow past Edgewise" in shown
    assert "<dt>Should say</dt><dd>nothing</dd><dt>Said</dt><dd>A-1 active</dd>" in shown
    assert "was changed past Edgewise" in text(world, as_person, "engineer", "/")


@pytest.mark.expectation(23)
def test_an_integrity_incident_is_shown_with_the_files_that_changed(world: World, as_person: SignedIn) -> None:
    version = world.mirror()
    judge(world)
    assert "Changed files" not in text(world, as_person)
    mirror.rehashed(version, content=b"other", at=world.tick())
    judge(world)
    shown = text(world, as_person)
    assert "outreach-model 1 has other files than it was registered with" in shown
    assert "<dt>Changed</dt><dd><code>model.pkl</code></dd>" in shown
    assert "Integrity incident" in text(world, as_person, "engineer", "/")


def test_each_of_several_live_models_has_its_row(world: World, as_person: SignedIn) -> None:
    by = world.people.administrator
    systems.connect_model(system_key="outreach", server_key="main", name="second-model", by=by, at=world.tick())
    for model in (mirror.MODEL, "second-model"):
        version = mirror.version("1", at=world.tick(), model=model)
        mirror.point_alias("live-phone", version, at=world.tick(), model=model)
    judge(world)
    shown = text(world, as_person)
    assert shown.count("OUT OF BAND") == 2
    for name in (mirror.MODEL, "second-model"):
        assert f"{name} 1 went live without an approval" in shown


def test_a_version_that_came_into_production_is_shown_with_before_after_and_remedy(
    world: World, as_person: SignedIn
) -> None:
    version = world.mirror()
    version.stage = "Production"
    version.save(update_fields=["stage"])
    judge(world)
    shown = text(world, as_person)
    assert "outreach-model 1 came into the stage Production" in shown
    assert "<dt>Before</dt><dd>not seen</dd><dt>Now</dt><dd>Production</dd>" in shown
    assert "Move it out of the stage in MLflow" in shown
    assert "came into stage Production" in text(world, as_person, "engineer", "/")


def test_a_copy_from_outside_is_shown_without_the_model_s_name_and_with_a_remedy(
    world: World, as_person: SignedIn
) -> None:
    origin = mirror.version("1", at=world.tick(), model="secret-model")
    copy = world.mirror()
    copy.source, copy.copied_from, copy.logged_model = origin.uri, origin, None
    copy.save()
    judge(world)
    shown = text(world, as_person)
    assert "was copied from another model" in shown
    assert "<dt>Copied from</dt><dd>a model that this system does not govern</dd>" in shown
    assert "connect the model that it was copied from to this system" in shown
    assert "secret-model" not in shown
