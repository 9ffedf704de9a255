"""Which links of a version's lineage are there, only asserted, or missing: a list of names, never a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lineage.graph import DIGEST, Graph, Node
from lineage.models import ModelVersion, Run, VersionUse
from lineage.nodes import BASE_MODEL, MADE_FROM
from lineage.registry import logged_model_id
from lineage.selectors import COPIED, TRAINING

BASE = VersionUse.Role.BASE.value
OBSERVED, ASSERTED, MISSING, VANISHED, WITHHELD = "observed", "asserted", "missing", "vanished", "withheld"


@dataclass(frozen=True, slots=True)
class Named:
    """One link that a lineage can have. `state`: OBSERVED, Edgewise saw it itself; ASSERTED, only a client said so;
    MISSING, nobody said so; VANISHED, MLflow no longer shows what it leads to; WITHHELD, the reader may not see it."""

    link: str
    state: str
    says: str

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"link": self.link, "state": self.state, "says": self.says}


def links_of(version: ModelVersion, graph: Graph) -> tuple[Named, ...]:
    """Return the links of `version`, by the graph that its reader was shown of where it came from."""
    nodes = {node.id: node for node in graph.nodes}
    own = nodes[f"version-{version.pk}"]
    runs = [node for node in graph.nodes if node.kind == "run" and _makes(node, graph)]
    return (
        _files(own),
        _logged_model(version, own, graph, nodes),
        _run(version, graph, nodes),
        *_origin(version, own, graph, nodes),
        *_bases(own, runs, graph, nodes),
        _data(runs, graph, nodes),
        _code(runs),
        *_parents(runs, nodes),
        _evaluations(graph, nodes),
        *(Named(f"{_kind(node)} {node.label}", VANISHED, "MLflow no longer shows it.") for node in _gone(graph)),
    )


def _makes(node: Node, graph: Graph) -> bool:
    return any(edge.tail == node.id for edge in graph.edges)


def _gone(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.is_vanished]


def _files(own: Node) -> Named:
    digest = dict(own.details).get(DIGEST, "")
    if digest:
        return Named("Files", OBSERVED, f"Edgewise hashed them itself: {digest}.")
    return Named("Files", MISSING, "Edgewise has never hashed them.")


def _logged_model(version: ModelVersion, own: Node, graph: Graph, nodes: dict[str, Node]) -> Named:
    name = "Logged model"
    for edge in graph.edges:
        if edge.head == own.id and edge.kind == "registered-as":
            says = "The source names it" if edge.asserted else "The files lie where this logged model's do"
            return Named(name, ASSERTED if edge.asserted else OBSERVED, f"{says}: {nodes[edge.tail].label}.")
    said = logged_model_id(version.source)
    return Named(
        name, MISSING, f"The source names {said}, which is not known." if said else "The source names no logged model."
    )


def _run(version: ModelVersion, graph: Graph, nodes: dict[str, Node]) -> Named:
    name = "Run that made it"
    makers = {
        edge.tail
        for edge in graph.edges
        if edge.kind == "produced" and edge.head in (f"version-{version.pk}", f"logged-model-{version.logged_model_id}")
    }
    if makers:
        return Named(name, ASSERTED, f"{_and(nodes[one].label for one in sorted(makers))}, as a client said.")
    said = version.source_run_id
    return Named(name, MISSING, f"It names run {said}, which is not known." if said else "It names no run.")


def _origin(version: ModelVersion, own: Node, graph: Graph, nodes: dict[str, Node]) -> Iterable[Named]:
    name = "Original of the copy"
    for edge in graph.edges:
        if edge.head == own.id and edge.kind == COPIED:
            if nodes[edge.tail].is_withheld:
                yield Named(name, WITHHELD, "It belongs to a system that you may not see.")
            else:
                says = "a client said so" if edge.asserted else "the files of both have the same digest"
                state = ASSERTED if edge.asserted else OBSERVED
                yield Named(name, state, f"{nodes[edge.tail].label}: {says}.")
            return
    if version.source.startswith("models:/") and not logged_model_id(version.source):
        yield Named(name, MISSING, "It says that it is a copy; what it was copied from is not known.")


def _bases(own: Node, runs: list[Node], graph: Graph, nodes: dict[str, Node]) -> Iterable[Named]:
    name = "Base model"
    if made_from := dict(own.details).get(MADE_FROM, ""):
        yield Named(name, ASSERTED, f"{made_from}, as its MLmodel file says.")
    known = {edge.head: nodes[edge.tail].label for edge in graph.edges if edge.label == BASE}
    for run in runs:
        said = dict(run.details).get(BASE_MODEL, "")
        if run.id in known:
            yield Named(name, ASSERTED, f"{known[run.id]}, as {run.label} says.")
        elif said:
            yield Named(name, MISSING, f"{run.label} says that it began with {said}, of which nothing is known here.")


def _data(runs: list[Node], graph: Graph, nodes: dict[str, Node]) -> Named:
    name, training = "Training data", {run.id for run in runs}
    used = {
        nodes[edge.tail].label
        for edge in graph.edges
        if edge.head in training and edge.tail.startswith("dataset-") and edge.label.lower().startswith(TRAINING)
    }
    if used:
        return Named(name, ASSERTED, f"{_and(sorted(used))}, as the runs say.")
    return Named(name, MISSING, "No run that it came from says what it was trained on.")


def _code(runs: list[Node]) -> Named:
    commits = {dict(run.details).get("code", "") for run in runs} - {""}
    if commits:
        return Named("Code", ASSERTED, f"{_and(sorted(commits))}, as the runs say.")
    return Named("Code", MISSING, "No run that it came from names a commit.")


def _parents(runs: list[Node], nodes: dict[str, Node]) -> Iterable[Named]:
    shown = {node.reference for node in nodes.values() if node.kind == "run"}
    rows = Run.objects.filter(pk__in=[run.key for run in runs]).exclude(parent_run_id="").order_by("pk")
    for run in rows:
        known = run.parent_run_id in shown
        says = f"{run} stands under run {run.parent_run_id}" + (
            ", as a client said." if known else ", which is not known."
        )
        yield Named("Run above", ASSERTED if known else MISSING, says)


def _evaluations(graph: Graph, nodes: dict[str, Node]) -> Named:
    made = {edge.tail for edge in graph.edges}
    used = {edge.head for edge in graph.edges if edge.kind == "used" and edge.tail.startswith("logged-model-")}
    runs = [nodes[one].label for one in sorted(used - made)]
    if runs:
        return Named("Evaluations", ASSERTED, f"{_and(runs)}, as the runs say.")
    return Named("Evaluations", MISSING, "No run says that it evaluated it.")


def _kind(node: Node) -> str:
    return node.kind.replace("-", " ").capitalize()


def _and(labels: Iterable[str]) -> str:
    found = list(labels)
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
