"""The lineage as exports tell it: MLflow's things and links without people's names, each with who vouches for it. Pure.

`basis` says who vouches for a fact: ASSERTED, a client told MLflow so and nobody checked; OBSERVED, Edgewise saw,
computed or recorded it itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lineage.graph import DIGEST, WITHHELD, Graph

ASSERTED, OBSERVED = "asserted", "observed"
RUN, VERSION, MODELS = "run", "version", ("logged-model", "version")
TIMES = ("started", "ended")
TOLD = ("MLflow digest", "kind of source", *TIMES, "status", "code", "type", "elsewhere", DIGEST)
"""The details of things that leave the house: users, scripts, addresses and paths name people. A candidate's snapshot
has no `ended` and no `status`, since a run that goes on must not change what was signed."""

Place = tuple[str, str, str]
"""Kind, server and reference of a thing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One thing of the lineage as MLflow has it. `reference` is its name there, unique for its kind and server."""

    kind: str
    server: str
    reference: str
    label: str
    details: Mapping[str, str]
    is_withheld: bool = False
    is_vanished: bool = False

    @property
    def is_activity(self) -> bool:
        """Whether it happened, rather than was there."""
        return self.kind == RUN

    @property
    def digest(self) -> str:
        """The SHA-256 over its files that Edgewise computed, if it did."""
        return self.details.get(DIGEST, "")

    @property
    def place(self) -> Place:
        """What tells it apart."""
        return (self.kind, self.server, self.reference)


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """`tail` came before `head`."""

    tail: Thing
    head: Thing
    kind: str
    label: str
    basis: str

    @property
    def place(self) -> tuple[Any, ...]:
        """What tells it apart."""
        return (self.tail.place, self.head.place, self.kind, self.label)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """Things and links, each once, in a stable order."""

    things: tuple[Thing, ...]
    links: tuple[Link, ...]


def from_graph(graph: Graph, *, server: str) -> Lineage:
    """Return the lineage that a reader was shown of a version on `server`."""
    things = {
        node.id: Thing(
            kind=node.kind,
            server=server,
            reference=node.reference,
            label=node.label,
            details=_told(node.details),
            is_withheld=node.is_withheld,
            is_vanished=node.is_vanished,
        )
        for node in graph.nodes
    }
    ends = ((edge, things[edge.tail], things[edge.head]) for edge in graph.edges)
    return merged(
        things.values(), (_link(tail, head, edge.kind, edge.label, edge.asserted) for edge, tail, head in ends)
    )


def from_snapshot(document: Mapping[str, Any]) -> Lineage:
    """Return the lineage that a candidate pins (`lineage.selectors.snapshot`)."""
    server = document["model"]["server"]
    things = {
        f"{row['kind']}:{row['reference']}": Thing(
            kind=row["kind"],
            server=server,
            reference=row["reference"],
            label=row["label"],
            details=_told(row["details"].items()),
            is_withheld=row["label"] == WITHHELD and row["reference"] in (WITHHELD, row["details"].get(DIGEST)),
        )
        for row in document["nodes"]
    }
    ends = ((row, things[row["from"]], things[row["to"]]) for row in document["edges"])
    return merged(
        things.values(), (_link(tail, head, row["kind"], row["label"], row["asserted"]) for row, tail, head in ends)
    )


def version_of(document: Mapping[str, Any]) -> Thing:
    """Return the version that a candidate's pinned lineage is about."""
    model = document["model"]
    place = (VERSION, model["server"], f"{model['name']}/{model['version']}/{model['versionCreatedMs']}")
    return next(thing for thing in from_snapshot(document).things if thing.place == place)


def merged(things: Iterable[Thing], links: Iterable[Link]) -> Lineage:
    """Return `things` and `links`, each once, in a stable order."""
    told, joined = {thing.place: thing for thing in things}, {link.place: link for link in links}
    return Lineage(
        things=tuple(told[place] for place in sorted(told)), links=tuple(joined[place] for place in sorted(joined))
    )


def _told(details: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {
        label: rfc3339(datetime.fromisoformat(text)) if label in TIMES else text
        for label, text in details
        if label in TOLD
    }


def _link(tail: Thing, head: Thing, kind: str, label: str, asserted: bool) -> Link:
    return Link(tail=tail, head=head, kind=kind, label=label, basis=ASSERTED if asserted else OBSERVED)


def rfc3339(moment: datetime) -> str:
    """Return a time as RFC 3339 text in UTC, with all six digits of its fraction, so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
