"""Walking the lineage from a thing, as far as the reader may see it.

A thing that is no version belongs to no system. Its reader may see it where it leads to a version that they may see,
or where it is a run that used the logged model of one, or a dataset of such a run. Of the rest there is a count.
Nothing is followed beyond a version that is hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.errors import NotFound
from governance.evidence import sight
from lineage import finding
from lineage import selectors as lineage
from lineage.graph import Graph, Node, closure, last_of, shortest_ways
from lineage.models import ModelVersion, RunModel
from lineage.walking import Key, links, reached

MOST_WAYS = 20
"""How many of the shortest ways between two things are spelled out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """A part of the lineage: what was asked about (`starts`), and what was found; `withheld` counts by kind what the
    reader may not see."""

    starts: tuple[Node, ...]
    graph: Graph
    withheld: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Between(Traced):
    """Everything on a way from one thing to another, and the shortest ways as ids of nodes."""

    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared(Traced):
    """Everything that two things both came from; `nearest` are those from which nothing else leads to both."""

    nearest: tuple[Node, ...]


def above(version: ModelVersion, *, by: User) -> tuple[Node, ...]:
    """Return everything that a version came from, which `by` found in a system that they may see; itself included."""
    seen = sight.of(lineage.above(version), names=sight.visible(by, starts=[version]))
    keys = reached([("version", version.pk)], up=True, stop_at=seen.hidden)
    return tuple(map(seen.shown, lineage.nodes_in_order(keys)))


def below(version: ModelVersion, *, by: User) -> tuple[Node, ...]:
    """Return everything that came of a version, as `above` does."""
    found = _from({("version", version.pk)}, names=sight.visible(by, starts=[version]), as_of=None)
    return _traced(found, found.shown | found.beside, withheld=Counter()).graph.nodes


def upstream(word: str, *, by: User, as_of: datetime | None = None) -> Traced:
    """Return everything that the things named `word` came from; with `as_of` only what Edgewise had seen by then and
    not yet seen vanish. Raises NotFound when there is none, or none that `by` may see, and Invalid for no name."""
    found = _started(word, by=by, as_of=as_of)
    leading = [start for start in found.starts if start in found.leading]
    above = reached(leading, up=True, as_of=as_of)
    hidden = sight.of(above, names=found.names).hidden
    kept = reached(leading, up=True, stop_at=hidden, as_of=as_of) | set(found.starts)
    for start in set(found.starts) - set(leading):
        kept |= _inputs(start, found.names, as_of=as_of)
    return _traced(found, kept, withheld=Counter())


def downstream(word: str, *, by: User, as_of: datetime | None = None) -> Traced:
    """Return everything that came of the things named `word`, as `upstream` does."""
    found = _started(word, by=by, as_of=as_of)
    unseen = found.reached - found.shown
    return _traced(found, found.shown | found.beside, withheld=Counter(kind for kind, _ in unseen))


def between(tail: str, head: str, *, by: User, as_of: datetime | None = None) -> Between:
    """Return everything on a way from the things named `tail` to those named `head`; raises as `upstream`."""
    below, above = downstream(tail, by=by, as_of=as_of), upstream(head, by=by, as_of=as_of)
    on_a_way = {node.id for node in below.graph.nodes} & {node.id for node in above.graph.nodes}
    graph = below.graph.only(on_a_way)
    ways = shortest_ways(graph, tails=_ids(below, on_a_way), heads=_ids(above, on_a_way), most=MOST_WAYS)
    return Between(starts=(*below.starts, *above.starts), graph=graph, withheld={}, ways=tuple(ways))


def common(one: str, other: str, *, by: User, as_of: datetime | None = None) -> Shared:
    """Return everything that both came from, the things named `one` and those named `other`; raises as `upstream`."""
    first, second = upstream(one, by=by, as_of=as_of), upstream(other, by=by, as_of=as_of)
    graph = first.graph.only({node.id for node in second.graph.nodes})
    return Shared(starts=(*first.starts, *second.starts), graph=graph, withheld={}, nearest=last_of(graph))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Started:
    """The things that were named and may be seen, and of what came of them: all of it, what may be seen, what leads to
    a version that may be, and the hidden versions that came right of that."""

    names: set[sight.Name]
    starts: tuple[Key, ...]
    reached: set[Key]
    shown: set[Key]
    leading: set[Key]
    beside: set[Key]
    as_of: datetime | None


def _started(word: str, *, by: User, as_of: datetime | None) -> _Started:
    found = _from(finding.named(word), names=sight.visible(by, starts=()), as_of=as_of)
    if not found.starts:
        when = "" if as_of is None else f" as known at {as_of.isoformat()}"
        raise NotFound(f"There is nothing called “{word.strip()}” that you may see{when}.", code="nothing-found")
    return found


def _from(named: set[Key], *, names: set[sight.Name], as_of: datetime | None) -> _Started:
    hidden = sight.of(reached(named, up=False, as_of=as_of), names=names).hidden
    below = reached(named, up=False, stop_at=hidden, as_of=as_of)
    after = {_id(key): key for key in below}
    back: dict[str, list[str]] = {one: [] for one in after}
    edges = links(below, as_of=as_of)
    for edge in edges:
        back[edge.head].append(edge.tail)
    visible = [key for key in below if key[0] == "version" and key[1] not in hidden]
    leading = {after[one] for one in closure(map(_id, visible), back) if after[one] not in _versions(hidden)}
    evaluating = _evaluating(below, names, as_of=as_of)
    data = {after[one] for run in evaluating for one in back[_id(run)] if after[one] in named}
    shown = leading | evaluating | {key for key in data if key[0] == "dataset"}
    starts = tuple(sorted(named & shown))
    beside = {after[e.head] for e in edges if after[e.tail] in shown} & _versions(hidden)
    return _Started(names=names, starts=starts, reached=below, shown=shown, leading=leading, beside=beside, as_of=as_of)


def _evaluating(keys: Collection[Key], names: set[sight.Name], *, as_of: datetime | None) -> set[Key]:
    """Return the runs among `keys` that used the logged model of a version that may be seen."""
    used = RunModel.objects.filter(run__in=[key for kind, key in keys if kind == "run"], role=RunModel.Role.INPUT)
    if as_of is not None:
        used = used.filter(first_seen_at__lte=as_of)
    pairs = used.values_list(
        "run_id",
        "logged_model__versions__registered_model__server__key",
        "logged_model__versions__registered_model__name",
    )
    return {("run", run) for run, server, name in pairs if (server, name) in names}


def _inputs(start: Key, names: set[sight.Name], *, as_of: datetime | None) -> set[Key]:
    """Return what a run that evaluated a version used directly: its datasets, and the logged models of versions that
    may be seen with what those came from."""
    if start[0] != "run":
        return set()
    around = lineage.inputs_of(start[1], as_of=as_of)
    models = [key for kind, key in around if kind == "logged-model"]
    rows = ModelVersion.objects.filter(logged_model__in=models).select_related("registered_model__server")
    seen = {("logged-model", row.logged_model_id or 0) for row in rows if (row.server.key, row.name) in names}
    hidden = sight.of(reached(seen, up=True, as_of=as_of), names=names).hidden
    return {key for key in around if key[0] == "dataset"} | reached(seen, up=True, stop_at=hidden, as_of=as_of)


def _traced(found: _Started, keys: set[Key], *, withheld: Counter[str]) -> Traced:
    seen = sight.of(keys, names=found.names)
    graph = lineage.graph(keys, as_of=found.as_of).mapped(seen.shown)
    starts = {_id(key) for key in found.starts}
    return Traced(starts=tuple(node for node in graph.nodes if node.id in starts), graph=graph, withheld=dict(withheld))


def _versions(ids: Collection[int]) -> set[Key]:
    return {("version", key) for key in ids}


def _ids(traced: Traced, among: set[str]) -> set[str]:
    return {node.id for node in traced.starts} & among


def _id(key: Key) -> str:
    return f"{key[0]}-{key[1]}"
