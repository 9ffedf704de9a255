from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineage.graph import Edge, Node, graph_of

KEYS = range(6)


def run(key: int) -> Node:
    return Node("run", key)


def came_before(tail: int, head: int) -> Edge:
    return Edge(tail=f"run-{tail}", head=f"run-{head}", kind="used")


def test_each_node_stands_right_of_everything_it_came_from():
    graph = graph_of(map(run, range(4)), [came_before(0, 1), came_before(1, 3), came_before(0, 3), came_before(2, 3)])
    assert [[node.key for node in layer] for layer in graph.layers()] == [[0, 2], [1], [3]]


def test_an_edge_without_both_its_ends_is_left_out():
    assert graph_of([run(0)], [came_before(0, 1)]).edges == ()


def test_a_cycle_that_clients_assert_still_has_a_picture():
    graph = graph_of(map(run, range(3)), [came_before(0, 1), came_before(1, 2), came_before(2, 0), came_before(1, 1)])
    assert [[node.key for node in layer] for layer in graph.layers()] == [[0], [1], [2]]


@given(st.sets(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=20))
def test_every_node_has_exactly_one_place_whatever_is_asserted(pairs):
    graph = graph_of(map(run, KEYS), [came_before(*pair) for pair in pairs])
    placed = [node.key for layer in graph.layers() for node in layer]
    assert sorted(placed) == list(KEYS)


def test_the_order_of_what_comes_in_does_not_matter():
    nodes, edges = [run(0), run(1), run(2)], [came_before(0, 1), came_before(1, 2)]
    assert graph_of(nodes, edges).as_dict() == graph_of(reversed(nodes), reversed(edges)).as_dict()
