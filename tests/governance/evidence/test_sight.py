"""What somebody may see of a lineage that begins in a system hidden from them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from governance.accounts.models import User
from governance.evidence import selectors, tracing
from governance.systems import services as systems
from lineage.graph import Node
from lineage.models import ModelVersion, RegisteredModel
from tests.factories import mirror
from tests.factories.world import World

pytestmark = pytest.mark.django_db
SECRET = "secret-model"


@pytest.fixture
def world(world: World) -> World:
    """The model `secret-model` serves another system, on which nobody but its owner holds a role."""
    by = world.people.administrator
    owner = world.people.board
    systems.create_system(key="hidden", name="Hidden", purpose="Nobody's business.", owner=owner, by=by, at=world.now)
    systems.connect_model(system_key="hidden", server_key="main", name=SECRET, by=by, at=world.now)
    return world


@pytest.fixture
def copy(world: World) -> ModelVersion:
    """A version of the reader's own model that somebody copied from the secret one."""
    own, origin = world.mirror("1"), world.mirror("2")
    secret = RegisteredModel.objects.create(server=mirror.server(), name=SECRET, created_ms=5, first_seen_at=world.now)
    origin.registered_model = secret
    origin.save(update_fields=["registered_model"])
    own.copied_from, own.source, own.logged_model = origin, f"models:/{SECRET}/2", None
    own.save(update_fields=["copied_from", "source", "logged_model"])
    return own


def versions(nodes: tuple[Node, ...]) -> dict[int, Node]:
    return {node.key: node for node in nodes if node.kind == "version"}


def text(version: ModelVersion, *, by: User) -> str:
    return json.dumps(selectors.lineage_graph(version, by=by).as_dict())


def test_a_version_of_a_hidden_system_is_withheld_but_for_its_digest(world: World, copy: ModelVersion) -> None:
    origin = copy.copied_from
    assert origin is not None
    for nodes in (
        tracing.above(copy, by=world.people.auditor),
        selectors.lineage_graph(copy, by=world.people.auditor).nodes,
    ):
        found = versions(nodes)[origin.pk]
        assert found.is_withheld
        assert (found.label, found.reference, found.details) == (
            "withheld",
            origin.digest,
            (("digest", origin.digest),),
        )
    assert SECRET not in text(copy, by=world.people.auditor)


def test_what_lies_beyond_it_is_not_shown(world: World, copy: ModelVersion) -> None:
    labels = {node.label for node in tracing.above(copy, by=world.people.auditor)}
    assert labels == {copy.uri, "train-1", "withheld"}


def test_whoever_may_see_the_other_system_sees_all_of_it(world: World, copy: ModelVersion) -> None:
    systems.grant_role(
        system_key="hidden",
        user=world.people.auditor,
        role="auditor",
        starts_at=world.now,
        ends_at=world.now + timedelta(days=30),
        by=world.people.administrator,
        at=world.now,
    )
    labels = {node.label for node in tracing.above(copy, by=world.people.auditor)}
    assert labels == {copy.uri, "train-1", f"models:/{SECRET}/2", "m-2", "train-2"}
    assert SECRET in text(copy, by=world.people.auditor)


def test_a_copy_of_a_hidden_model_that_is_gone_does_not_name_it_either(world: World, copy: ModelVersion) -> None:
    copy.copied_from = None
    copy.save(update_fields=["copied_from"])
    assert SECRET not in text(copy, by=world.people.auditor)


def test_copies_in_a_hidden_system_are_withheld_too(world: World, copy: ModelVersion) -> None:
    origin = copy.copied_from
    assert origin is not None
    origin.copied_from, copy.copied_from = copy, None
    copy.save(update_fields=["copied_from"])
    origin.save(update_fields=["copied_from"])
    found = versions(tracing.below(copy, by=world.people.auditor))
    assert {key: node.is_withheld for key, node in found.items()} == {copy.pk: False, origin.pk: True}


@pytest.mark.expectation(19)
def test_what_goes_on_record_names_no_other_system(world: World, copy: ModelVersion) -> None:
    origin = copy.copied_from
    assert origin is not None
    snapshot = selectors.lineage_snapshot(copy, system=world.system)
    assert SECRET not in json.dumps(snapshot)
    (withheld,) = (node for node in snapshot["nodes"] if node["label"] == "withheld")
    assert withheld["details"] == {"digest": origin.digest}
    assert "m-2" not in {node["label"] for node in snapshot["nodes"]}
