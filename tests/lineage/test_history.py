"""What MLflow forgets: tags, descriptions, stages, names and what was deleted stay readable as they were known."""

from __future__ import annotations

import uuid

import pytest

from lineage import history, selectors, sync
from lineage.models import RegisteredModel, StateChange

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]


@pytest.fixture
def read(somebody, server, later):
    """Synchronise somebody's model and return when."""

    def synchronise(*names):
        sync.synchronise(server=server, models=[somebody.model, *names], at=(at := later()))
        return at

    return synchronise


def test_a_version_is_shown_as_it_was_known_at_any_time(somebody, server, read):
    somebody.tag_version("1", "approved", "no")
    first = read()
    somebody.tag_version("1", "approved", "yes")
    somebody.tag_version("1", "team", "outreach")
    somebody.describe("Better", version="1")
    second = read()
    somebody.untag_version("1", "approved")
    somebody.stage("1", "Archived")
    third = read()
    version = selectors.version(server=server, name=somebody.model, version="1")
    states = [history.as_known_at(version, at=at) for at in (first, second, third)]
    assert [state.tags for state in states] == [
        {"approved": "no"},
        {"approved": "yes", "team": "outreach"},
        {"team": "outreach"},
    ]
    assert [state.description for state in states] == ["", "Better", "Better"]
    assert [state.stage for state in states] == ["None", "None", "Archived"]
    assert history.as_known_at(version, at=first.replace(year=2000)) is None


def test_a_model_keeps_what_it_was_described_and_tagged_as(somebody, server, read):
    first = read()
    somebody.describe("Who is called first")
    somebody.tag_model("owner", "clinic")
    second = read()
    model = RegisteredModel.objects.get(server=server, name=somebody.model)
    before, after = (history.as_known_at(model, at=at) for at in (first, second))
    assert (before.description, before.tags) == ("", {})
    assert (after.description, after.tags) == ("Who is called first", {"owner": "clinic"})


def test_a_deleted_version_was_there_and_says_since_when_it_is_not(somebody, server, read):
    somebody.create_version("bad")
    first = read()
    version = selectors.version(server=server, name=somebody.model, version="1")
    somebody.delete_version("1")
    second = read()
    version.refresh_from_db()
    assert [history.as_known_at(version, at=at).exists for at in (first, second)] == [True, False]
    assert [change.seen_at for change in history.changes(version)] == [second]


def test_another_name_is_recorded_as_the_same_model_s(somebody, server, read):
    read()
    former = RegisteredModel.objects.get(server=server, name=somebody.model)
    renamed = somebody.rename(f"model-{uuid.uuid4().hex[:8]}")
    at = read(renamed.model)
    change = history.changes(former).get(what=StateChange.What.NAME)
    assert (change.before, change.after, change.seen_at) == (somebody.model, renamed.model, at)
    renamed.delete_model()


def test_registering_leaves_what_changed_to_the_next_synchronisation(somebody, server, read, later):
    read()
    somebody.tag_version("1", "approved", "yes")
    sync.register_version(server=server, name=somebody.model, version="1", at=later())
    facts = sync.synchronise(server=server, models=[somebody.model], at=later())
    assert [(change.key, change.after) for change in facts.tag_changes] == [("approved", "yes")]
