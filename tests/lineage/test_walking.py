"""The walk in the database against a plain walk in Python, over whatever clients can assert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import completeness, selectors
from lineage.graph import Edge, Graph, Node, closure, graph_of, last_of, shortest_ways
from lineage.models import Run, RunInput
from lineage.walking import links, reached
from tests.factories import mirror

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = range(7)
PAIRS = st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)), max_size=20)


def drawn(pairs: set[tuple[int, int]]) -> Graph:
    edges = (Edge(tail=f"run-{tail}", head=f"run-{head}", kind="parent-of") for tail, head in pairs)
    return graph_of((Node("run", place) for place in PLACES), edges)


def plainly(start: int, pairs: set[tuple[int, int]]) -> set[int]:
    found = {start}
    while more := {head for tail, head in pairs if tail in found} - found:
        found |= more
    return found


@given(pairs=PAIRS, start=st.sampled_from(PLACES))
def test_a_closure_is_what_a_plain_walk_finds(pairs, start):
    found = closure([f"run-{start}"], drawn(pairs).after())
    assert found == {f"run-{place}" for place in plainly(start, pairs)}


@given(pairs=PAIRS, start=st.sampled_from(PLACES), end=st.sampled_from(PLACES))
def test_shortest_ways_are_all_of_those_and_only_those_that_a_breadth_first_search_finds(pairs, start, end):
    ways, longer = [], [(start,)]
    while longer and not (ways := [way for way in longer if way[-1] == end]) and len(longer[0]) <= len(PLACES):
        longer = [(*way, head) for way in longer for tail, head in sorted(pairs) if tail == way[-1]]
    found = shortest_ways(drawn(pairs), tails=[f"run-{start}"], heads=[f"run-{end}"], most=10_000)
    assert sorted(found) == sorted(tuple(f"run-{place}" for place in way) for way in ways)


@given(pairs=PAIRS)
def test_the_last_ones_are_those_that_everything_they_lead_to_leads_back_to(pairs):
    expected = {s for s in PLACES if all(s in plainly(beyond, pairs) for beyond in plainly(s, pairs))}
    assert {node.key for node in last_of(drawn(pairs))} == expected


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(parents=st.lists(st.sampled_from(PLACES), min_size=len(PLACES), max_size=len(PLACES)), up=st.booleans())
def test_the_database_walks_any_tangle_of_parent_runs_to_its_end(parents, up):
    server = mirror.server()
    rows = [
        Run.objects.update_or_create(
            server=server, run_id=f"r{n}", defaults={"parent_run_id": f"r{parent}", "first_seen_at": BEGAN}
        )[0]
        for n, parent in enumerate(parents)
    ]
    pairs = set(enumerate(parents)) if up else {(parent, n) for n, parent in enumerate(parents)}
    found = reached([("run", rows[0].pk)], up=up)
    assert found == {("run", rows[place].pk) for place in plainly(0, pairs)}
    assert len(links(found)) == len({pair for pair in pairs if set(pair) <= plainly(0, pairs)})


@pytest.mark.django_db
def test_as_known_at_a_time_shows_what_had_been_seen_and_had_not_yet_been_seen_to_vanish():
    version = mirror.version("1", at=BEGAN)
    mirror.trained_on(version, name="visits", digest="abc")
    RunInput.objects.update(first_seen_at=BEGAN + timedelta(days=2))
    Run.objects.update(vanished_at=BEGAN + timedelta(days=4))
    kinds = {
        day: sorted(node.kind for node in selectors.lineage_graph(version, as_of=BEGAN + timedelta(days=day)).nodes)
        for day in (-1, 1, 3, 5)
    }
    assert kinds == {
        -1: [],
        1: ["logged-model", "run", "version"],
        3: ["dataset", "logged-model", "run", "version"],
        5: ["logged-model", "version"],
    }
    now = selectors.lineage_graph(version)
    assert {node.kind: node.is_vanished for node in now.nodes}["run"]


@pytest.mark.django_db
def test_a_digest_found_later_was_not_known_before():
    version = mirror.version("1", at=BEGAN)
    first = version.digest
    mirror.rehashed(version, content=b"other", at=BEGAN + timedelta(days=2))
    digests = [
        dict(node.details)["digest"]
        for at in (BEGAN, None)
        for node in selectors.lineage_graph(version, as_of=at).nodes
        if node.kind == "version"
    ]
    assert digests == [first, version.digest]


@pytest.mark.django_db
def test_completeness_names_each_link_with_its_state_and_gives_no_figure():
    version = mirror.version("1", at=BEGAN)
    before = {one.link: one.state for one in completeness.links_of(version, selectors.lineage_graph(version))}
    assert before == {
        "Files": "observed",
        "Logged model": "asserted",
        "Run that made it": "asserted",
        "Training data": "missing",
        "Code": "missing",
        "Evaluations": "missing",
    }
    mirror.trained_on(version, name="visits", digest="abc")
    Run.objects.update(git_commit="c0ffee1", parent_run_id="nobody", vanished_at=BEGAN)
    after = {one.link: one.state for one in completeness.links_of(version, selectors.lineage_graph(version))}
    assert after == before | {
        "Training data": "asserted",
        "Code": "asserted",
        "Run above": "missing",
        "Run train-1": "vanished",
    }
