"""The lineage as nodes and edges, and where they stand in a picture: pure, no Django."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

KINDS = ("dataset", "run", "logged-model", "version")
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


def _depths(graph: Graph) -> dict[str, int]:
    """Return each node's longest way from a source, by taking away sources one after another (Kahn 1962)."""
    before: dict[str, set[str]] = {node.id: set() for node in graph.nodes}
    for edge in graph.edges:
        if edge.tail != edge.head:
            before[edge.head].add(edge.tail)
    depth: dict[str, int] = {}
    left = [node.id for node in graph.nodes]
    while left:
        ready = [node for node in left if before[node] <= depth.keys()] or left[:1]
        for node in ready:
            depth[node] = 1 + max((depth[tail] for tail in before[node] if tail in depth), default=-1)
        left = [node for node in left if node not in depth]
    return depth
