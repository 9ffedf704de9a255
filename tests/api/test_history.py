"""The history of models and versions by REST."""

from __future__ import annotations

import pytest

from lineage.models import ModelVersion, StateChange
from tests.api.asking import Asking
from tests.api.test_main_job import ok
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db
VERSION = "models:/outreach-model/1"
PATH = "systems/outreach/history"


@pytest.fixture
def version(world: World) -> ModelVersion:
    """A version whose tag was set, changed and removed, and that an alias pointed at."""
    version = world.mirror("1")
    mirror.said(version, tags={"team": "outreach"}, at=world.tick())
    mirror.said(version, tags={"team": "sales\u202e" + "x" * 3000}, at=world.tick())
    mirror.move_alias("live-phone", version, of=version.registered_model, at=world.tick())
    mirror.said(version, tags={}, at=world.tick())
    return version


def test_changes_come_newest_first_in_pages(version: ModelVersion, asking: Asking) -> None:
    first = ok(asking.get("auditor", PATH, model=VERSION, limit="2"))
    assert [(row["what"], row["did"], row["key"]) for row in first["results"]] == [
        ("tag", "removed", "team"),
        ("alias", "set", "live-phone"),
    ]
    assert first["results"][0]["before"]["length"] == 3006
    assert len(first["results"][0]["before"]["text"]) == 2000
    assert first["results"][1]["after"]["text"] == "1"
    rest = ok(asking.as_("auditor").get(first["next"]))
    assert [row["did"] for row in rest["results"]] == ["changed", "set"]
    last = ok(asking.as_("auditor").get(rest["next"]))
    assert [(row["did"], last["next"]) for row in last["results"]] == [("first seen", None)]
    assert asking.get("auditor", PATH, model=VERSION, cursor="soon").status_code == 422


def test_a_change_has_its_whole_values(version: ModelVersion, asking: Asking) -> None:
    newest = ok(asking.get("auditor", PATH, model=VERSION, what="tag"))["results"][0]
    whole = ok(asking.get("auditor", f"{PATH}/{newest['id']}"))
    assert (len(whole["before"]), whole["after"], whole["key"]) == (3006, None, "team")
    for unknown in ("state-0", "alias-1", "state-x", f"state-{'9' * 30}"):
        assert asking.get("auditor", f"{PATH}/{unknown}").status_code == 404
    assert asking.get("outsider", f"{PATH}/{newest['id']}").status_code == 404


def test_the_state_at_a_time_is_what_was_known_then(version: ModelVersion, world: World, asking: Asking) -> None:
    changes = ok(asking.get("auditor", PATH, model=VERSION))["results"]
    (then,) = ok(asking.get("auditor", "systems/outreach/state", model=VERSION, as_of=changes[3]["seen_at"]))
    assert (then["tags"], then["aliases"], then["exists"]) == ({"team": "outreach"}, {}, True)
    (now,) = ok(asking.get("auditor", "systems/outreach/state", model=VERSION))
    assert (now["tags"], now["aliases"]) == ({}, {"live-phone": "1"})
    (model,) = ok(asking.get("auditor", "systems/outreach/state", model="models:/outreach-model"))
    assert model["aliases"] == {"live-phone": "1"}


def test_another_systems_model_is_not_there_and_another_name_is_withheld(
    version: ModelVersion, world: World, asking: Asking
) -> None:
    mirror.version("1", model="secret-model", at=world.tick())
    mirror.said(version, source="models:/secret-model/1", at=world.tick())
    assert asking.get("auditor", PATH, model="models:/secret-model/1").status_code == 404
    assert asking.get("outsider", PATH, model=VERSION).status_code == 404
    newest = ok(asking.get("auditor", PATH, model=VERSION))["results"][0]
    assert newest["after"] == {"text": "", "length": 0, "withheld": True}
    assert ok(asking.get("auditor", f"{PATH}/{newest['id']}"))["after"] is None
    assert "secret-model" not in asking.get("auditor", "systems/outreach/state", model=VERSION).content.decode()


def test_a_prompt_has_its_history_where_a_version_of_the_system_used_it(
    version: ModelVersion, world: World, asking: Asking
) -> None:
    prompt = mirror.prompt("1", used_by=version, text="Call {{person}}?", at=world.tick())
    mirror.said(prompt, tags=prompt.tags | {"team": "outreach"}, at=world.tick())
    newest = ok(asking.get("auditor", PATH, model="prompts:/outreach-prompt/1"))["results"][0]
    assert (newest["what"], newest["key"], newest["after"]["text"]) == ("tag", "team", "outreach")
    assert newest["model"] == "prompts:/outreach-prompt/1"
    assert ok(asking.get("auditor", f"{PATH}/{newest['id']}"))["after"] == "outreach"
    (state,) = ok(asking.get("auditor", "systems/outreach/state", model="prompts:/outreach-prompt/1"))
    assert state["tags"]["mlflow.prompt.text"] == "Call {{person}}?"


def test_a_prompt_that_no_version_of_the_system_used_is_not_there(
    version: ModelVersion, world: World, asking: Asking
) -> None:
    other = mirror.version("1", model="secret-model", at=world.tick())
    prompt = mirror.prompt("1", used_by=other, text="Secret?", at=world.tick(), name="secret-prompt")
    mirror.said(prompt, tags={}, at=world.tick())
    refused = asking.get("auditor", PATH, model="prompts:/secret-prompt/1")
    assert (refused.status_code, refused.json()["code"]) == (404, "prompt-unused")
    assert asking.get("auditor", PATH, model="models:/secret-prompt/1").status_code == 404
    for change in StateChange.objects.filter(version=prompt):
        assert asking.get("auditor", f"{PATH}/state-{change.pk}").status_code == 404
