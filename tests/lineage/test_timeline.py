"""What became of a model and its versions on a real server, newest first: from what to what, and seen when."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from governance.errors import Invalid
from lineage import hooks, sync, timeline
from lineage.models import RegisteredModel, StateChange, TrackingServer
from lineage.timeline import Change
from tests.lineage.somebody import Somebody

pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.django_db]
Read = Callable[..., datetime]


@pytest.fixture
def read(somebody: Somebody, server: TrackingServer, later: Callable[[], datetime]) -> Read:
    """Synchronise somebody's model and return when."""

    def synchronise(*names: str) -> datetime:
        sync.synchronise(server=server, models=[somebody.model, *names], at=(at := later()))
        return at

    return synchronise


def told(server: TrackingServer, name: str, **asked: Any) -> list[Change]:
    models = RegisteredModel.objects.filter(server=server, name=name)
    return list(timeline.page(models=list(models), limit=50, **asked).changes)


def words(changes: list[Change]) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (c.what, c.did, c.key.start, c.before.start if c.before else None, c.after.start if c.after else None)
        for c in changes
    ]


def test_what_was_done_to_a_version_is_told_newest_first_with_before_and_after(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    first = read()
    somebody.tag_version("1", "approved", "no")
    somebody.move_alias("live", "1")
    second = read()
    somebody.tag_version("1", "approved", "yes")
    read()
    somebody.untag_version("1", "approved")
    somebody.stage("1", "Archived")
    somebody.describe("Withdrawn", version="1")
    somebody.drop_alias("live")
    fourth = read()
    found = told(server, somebody.model, number="1")
    assert set(words(found)[:4]) == {
        ("alias", "removed", "live", "1", None),
        ("tag", "removed", "approved", "yes", None),
        ("stage", "changed", "", "None", "Archived"),
        ("description", "changed", "", "", "Withdrawn"),
    }
    assert words(found)[4] == ("tag", "changed", "approved", "no", "yes")
    assert set(words(found)[5:7]) == {
        ("alias", "set", "live", None, "1"),
        ("tag", "set", "approved", None, "no"),
    }
    assert words(found)[7:] == [("existence", "first seen", "", None, None)]
    assert [found[at].seen_at for at in (0, 5, 7)] == [fourth, second, first]
    assert {server.reports.get(pk=c.report).started_at for c in found[:4]} == {fourth}


def test_a_kind_a_time_and_the_versions_can_be_asked_for_alone(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    somebody.create_version("bad")
    first = read()
    somebody.move_alias("live", "1")
    second = read()
    somebody.move_alias("live", "2")
    read()
    assert words(told(server, somebody.model, what="alias")) == [
        ("alias", "moved", "live", "1", "2"),
        ("alias", "set", "live", None, "1"),
    ]
    assert words(told(server, somebody.model, what="alias", as_of=second)) == [("alias", "set", "live", None, "1")]
    assert {change.did for change in told(server, somebody.model, as_of=first)} == {"first seen"}
    assert [c.did for c in told(server, somebody.model, number="2")] == ["moved", "first seen"]


def test_what_was_deleted_and_what_bore_another_name_keeps_its_history(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    read()
    somebody.tag_model("owner", "clinic")
    read()
    renamed = somebody.rename(f"model-{uuid.uuid4().hex[:8]}")
    read(renamed.model)
    moved = ("name", "renamed", "", somebody.model, renamed.model)
    former = words(told(server, somebody.model))
    assert moved in former
    assert ("existence", "gone", "", "there", None) in former
    assert ("tag", "set", "owner", None, "clinic") in former
    assert moved in words(told(server, renamed.model))
    renamed.delete_model()


def test_a_model_that_gets_its_former_name_back_is_told_as_renamed_both_times(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    read()
    other = f"model-{uuid.uuid4().hex[:8]}"
    renamed = somebody.rename(other)
    read(other)
    renamed.rename(somebody.model)
    read(other)
    there, back = ("name", "renamed", "", somebody.model, other), ("name", "renamed", "", other, somebody.model)
    for name in (somebody.model, other):
        found = words(told(server, name))
        assert found.index(back) < found.index(there)
    assert ("existence", "came back", "", None, "there") in words(told(server, somebody.model))
    assert words(told(server, other)).count(("existence", "gone", "", "there", None)) == 2


def test_what_mlflow_says_of_when_is_when_a_thing_was_made_and_what_it_hinted(
    somebody: Somebody, server: TrackingServer, later: Callable[[], datetime], read: Read
) -> None:
    read()
    hook = hooks.renew(server, at=later())
    hinted, at = later(), later()
    somebody.move_alias("live", "1")
    somebody.tag_version("1", "team", "outreach")
    event = {"entity": "model_version_alias", "action": "created", "data": {"name": somebody.model, "alias": "live"}}
    body, timestamp = json.dumps(event).encode(), str(int(hinted.timestamp()))
    signature = hooks.signature(hooks.secret(hook), delivery="d-1", timestamp=timestamp, body=body)
    headers = {hooks.DELIVERY: "d-1", hooks.TIMESTAMP: timestamp, hooks.SIGNATURE: signature}
    hooks.receive(server_key="main", headers=headers, body=body, at=hinted)
    sync.synchronise(server=server, models=[somebody.model], at=at)
    hooks.take(hooks.waiting(server), at=at)
    found = {(c.what, c.did): c for c in told(server, somebody.model, number="1")}
    assert found["alias", "set"].said_at == hinted
    assert found["tag", "set"].said_at is None
    made = found["existence", "first seen"].said_at
    versions = RegisteredModel.objects.get(server=server, name=somebody.model).versions
    assert made is not None
    assert round(made.timestamp() * 1000) == versions.get().created_ms


def test_pages_hold_every_change_once_however_many_were_seen_at_one_time(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    read()
    for number in range(7):
        somebody.tag_version("1", f"tag-{number}", "x")
    somebody.move_alias("live", "1")
    read()
    models = list(RegisteredModel.objects.filter(server=server, name=somebody.model))
    whole = told(server, somebody.model)
    found: list[Change] = []
    after = ""
    for _ in whole:
        page = timeline.page(models=models, after=after, limit=1)
        found += page.changes
        after = page.next
    assert after == ""
    assert found == whole
    assert len({change.id for change in whole}) == 10


def test_of_a_value_of_a_megabyte_only_the_beginning_is_read(
    somebody: Somebody, server: TrackingServer, read: Read
) -> None:
    read()
    model = RegisteredModel.objects.get(server=server, name=somebody.model)
    at = model.first_seen_at + timedelta(hours=1)
    StateChange.objects.create(registered_model=model, what="tag", key="k" * 300, after="x" * 1_000_000, seen_at=at)
    (change, *_) = told(server, somebody.model)
    assert change.after is not None
    assert (len(change.after.start), change.after.length) == (timeline.SHOWN, 1_000_000)


@pytest.mark.parametrize("cursor", ["x", "1-9-1", "1-2", "-1-2-3", "1-2-3-4", "9" * 40 + "-1-1"])
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        timeline.page(models=[], after=cursor, limit=1)
