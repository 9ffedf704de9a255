"""The lineage as nodes and edges, the ways through them, and where they stand in a picture: pure, no Django."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

KINDS = ("dataset", "prompt", "run", "logged-model", "version")
DIGEST, SOURCE, WITHHELD = "digest", "source", "withheld"


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One thing: `kind` is one of KINDS, `key` its row's id, `reference` its name in MLflow (for a dataset the
    SHA-256 of its description); `details` are pairs of label and text that are shown beside it. `is_withheld`: the
    reader may know that it is there and its digest, and nothing else."""

    kind: str
    key: int
    reference: str = field(default="", compare=False)
    label: str = field(default="", compare=False)
    details: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    is_vanished: bool = field(default=False, compare=False)
    is_withheld: bool = field(default=False, compare=False)

    @property
    def id(self) -> str:
        """A name that is unique in the graph."""
        return f"{self.kind}-{self.key}"

    def withheld(self) -> Node:
        """Return what is left of the node for somebody who may not see it: its kind, and its digest if it has one."""
        digest = tuple(pair for pair in self.details if pair[0] == DIGEST)
        reference = digest[0][1] if digest else WITHHELD
        return Node(self.kind, self.key, reference, WITHHELD, digest, is_withheld=True)

    def without(self, label: str) -> Node:
        """Return the node without one of its details."""
        return replace(self, details=tuple(pair for pair in self.details if pair[0] != label))


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`tail` came before `head` (both Node.id). `asserted`: only a client said so; otherwise Edgewise saw it."""

    tail: str
    head: str
    kind: str
    label: str = ""
    asserted: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, each once, in a stable order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def mapped(self, change: Callable[[Node], Node]) -> Graph:
        """Return the graph with each node as `change` leaves it; kind and key stay."""
        return Graph(nodes=tuple(change(node) for node in self.nodes), edges=self.edges)

    def only(self, ids: Collection[str]) -> Graph:
        """Return the nodes with these ids, and the edges among them."""
        kept = tuple(node for node in self.nodes if node.id in ids)
        return Graph(kept, tuple(edge for edge in self.edges if edge.tail in ids and edge.head in ids))

    def before(self) -> dict[str, list[str]]:
        """Return the ids from which an edge leads to each node."""
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.head].append(edge.tail)
        return found

    def after(self) -> dict[str, list[str]]:
        """Return the ids to which an edge leads from each node."""
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.tail].append(edge.head)
        return found

    def layers(self) -> tuple[tuple[Node, ...], ...]:
        """Return the nodes in columns: each stands right of everything it came from.

        Clients can assert a cycle. Edges that close one are left out of account, so that there is always an answer.
        """
        depth = _depths(self)
        columns: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for node in self.nodes:
            columns[depth[node.id]].append(node)
        return tuple(tuple(column) for column in columns)

    def as_dict(self) -> dict[str, Any]:
        """Return the graph as JSON: nodes with their layer, edges by ids."""
        depth = _depths(self)
        return {
            "nodes": [
                {
                    "id": node.id,
                    "kind": node.kind,
                    "reference": node.reference,
                    "label": node.label,
                    "details": dict(node.details),
                    "vanished": node.is_vanished,
                    "withheld": node.is_withheld,
                    "layer": depth[node.id],
                }
                for node in self.nodes
            ],
            "edges": [
                {"from": edge.tail, "to": edge.head, "kind": edge.kind, "label": edge.label, "asserted": edge.asserted}
                for edge in self.edges
            ],
        }


def graph_of(nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
    """Return the graph of `nodes` and of those `edges` whose both ends are among them."""
    present = {node.id: node for node in nodes}
    kept = {edge for edge in edges if edge.tail in present and edge.head in present}
    return Graph(nodes=tuple(sorted(present.values())), edges=tuple(sorted(kept)))


def closure(
    starts: Iterable[str], following: dict[str, list[str]], *, without: Collection[str] = frozenset()
) -> set[str]:
    """Return `starts` and every id that is reached from them by `following`, not through those `without`."""
    waiting = list(starts)
    seen = set(waiting)
    while waiting:
        fresh = {beyond for beyond in following[waiting.pop()] if beyond not in seen and beyond not in without}
        seen |= fresh
        waiting += fresh
    return seen


def shortest_ways(graph: Graph, *, tails: Iterable[str], heads: Collection[str], most: int) -> list[tuple[str, ...]]:
    """Return the shortest ways (ids, from a tail to a head), in a stable order, `most` of them at most.

    Counted backwards from the heads first, so that every step taken afterwards leads on (breadth-first search); a
    cycle is never on a shortest way.
    """
    distance = dict.fromkeys(heads, 0)
    before, waiting = graph.before(), deque(heads)
    while waiting:
        here = waiting.popleft()
        for earlier in before[here]:
            if earlier not in distance:
                distance[earlier] = distance[here] + 1
                waiting.append(earlier)
    found = [tail for tail in sorted(tails) if tail in distance]
    nearest = min((distance[tail] for tail in found), default=0)
    after = graph.after()
    ways = (way for tail in found if distance[tail] == nearest for way in _descents(tail, after, distance))
    return [way for _, way in zip(range(most), ways, strict=False)]


def last_of(graph: Graph) -> tuple[Node, ...]:
    """Return the nodes from which no edge leads on, except to nodes that lead back: each cycle counts as one."""
    before = graph.before()
    placed: dict[str, str] = {}
    for start in reversed(_finished(graph.after())[0]):  # a cycle is what reaches back (Kosaraju; Sharir 1981)
        if start not in placed:
            placed |= dict.fromkeys(closure([start], before, without=placed), start)
    leaving = {placed[edge.tail] for edge in graph.edges if placed[edge.tail] != placed[edge.head]}
    return tuple(node for node in graph.nodes if placed[node.id] not in leaving)


def _descents(tail: str, after: dict[str, list[str]], distance: dict[str, int]) -> Iterator[tuple[str, ...]]:
    waiting: list[tuple[str, ...]] = [(tail,)]
    while waiting:
        way = waiting.pop()
        left = distance[way[-1]]
        if left == 0:
            yield way
        else:
            closer = sorted({beyond for beyond in after[way[-1]] if distance.get(beyond) == left - 1}, reverse=True)
            waiting += [(*way, beyond) for beyond in closer]


def _depths(graph: Graph) -> dict[str, int]:
    """Return each node's longest way from a source, without the edges that close a cycle."""
    after = graph.after()
    finished, closing = _finished(after)
    depth = dict.fromkeys(after, 0)
    for here in reversed(finished):
        for beyond in after[here]:
            if (here, beyond) not in closing:
                depth[beyond] = max(depth[beyond], depth[here] + 1)
    return depth


def _finished(after: dict[str, list[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the ids in the order in which a depth-first search is done with them, and the edges that close a cycle."""
    order: list[str] = []
    closing: set[tuple[str, str]] = set()
    is_done: dict[str, bool] = {}
    for start in after:
        stack = [] if start in is_done else [(start, iter(after[start]))]
        is_done.setdefault(start, False)
        while stack:
            here, left = stack[-1]
            beyond = next(left, None)
            if beyond is None:
                is_done[here] = True
                order.append(here)
                stack.pop()
            elif beyond not in is_done:
                is_done[beyond] = False
                stack.append((beyond, iter(after[beyond])))
            elif not is_done[beyond]:
                closing.add((here, beyond))
    return order, closing
