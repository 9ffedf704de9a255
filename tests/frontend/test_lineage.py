"""The page of the lineage: without JavaScript it is a list and tables."""

from __future__ import annotations

import pytest
from django.urls import reverse

from frontend.pages import lineage as pages
from lineage.graph import Edge, Node, graph_of
from tests.factories import mirror
from tests.factories.world import World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
MODEL = "models:/outreach-model/1"


def shown(world: World, as_person: SignedIn, **asked: str) -> str:
    answer = as_person(world.people.auditor).get(reverse("lineage"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_dataset_shows_what_rests_on_it(world: World, as_person: SignedIn) -> None:
    world.ratify()
    approval = world.approve()
    mirror.trained_on(approval.model_version, name="visits", digest="abc")
    page = shown(world, as_person, of="visits")
    assert f"Approval {approval.pk}</a>" in page
    assert f"Candidate {approval.decision.revision.candidate_id}</a>" in page
    assert "came of it" in page


def test_a_version_shows_which_links_there_are_and_no_percentage(world: World, as_person: SignedIn) -> None:
    world.mirror("1")
    page = shown(world, as_person, of=MODEL)
    assert "Which links there are" in page
    assert "No run that it came from says what it was trained on." in page
    assert "%" not in page.split("Which links there are")[1].split("</section>")[0]


def test_before_anything_was_seen_nothing_is_known(world: World, as_person: SignedIn) -> None:
    world.mirror("1")
    assert "that you may see as known at 2001-01-01" in shown(world, as_person, of=MODEL, as_of="2001-01-01")
    assert "A day is written like" in shown(world, as_person, of=MODEL, as_of="soon")
    assert "As known on" in shown(world, as_person, of=MODEL, as_of=world.now.date().isoformat())


def test_the_page_alone_only_asks(world: World, as_person: SignedIn) -> None:
    assert "What rests on it" not in shown(world, as_person)


def test_of_two_thousand_things_the_nearest_are_drawn() -> None:
    nodes = [Node("run", key) for key in range(2000)]
    edges = [Edge(tail=f"run-{key}", head=f"run-{key + 1}", kind="parent-of") for key in range(1999)]
    found = pages.picture(graph_of(nodes, edges), ["run-1000"])
    drawn = {node["id"] for node in found["lineage"]["nodes"]}
    assert len(drawn) == pages.MOST_DRAWN
    assert {"run-999", "run-1000", "run-1001"} <= drawn
    assert (found["of"], found["listed"]) == (2000, 1000)
