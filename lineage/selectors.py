"""Reading the mirror. Who may see which model is judged above, where systems and grants are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from governance import choices
from governance.errors import NotFound
from lineage import tags
from lineage.digests import manifest_from
from lineage.graph import DIGEST, Edge, Graph, Node, graph_of
from lineage.models import (
    Alias,
    AliasChange,
    ModelDigest,
    ModelVersion,
    RegisteredModel,
    Run,
    RunInput,
    RunModel,
    StateChange,
    TrackingServer,
)
from lineage.nodes import nodes_of
from lineage.walking import Key, links, reached

KEPT = frozenset({"MLflow digest", "kind of source", "started", "code", "type", "elsewhere", "digest"})
"""The details of nodes that a snapshot keeps. Users, scripts, addresses and paths name people, and a snapshot is in an
append-only record and in every bundle, where nobody can erase them; the mirror still has them."""
COPIED = "copied-to"
TRAINING = "train"
"""How the client's word begins for a dataset that a run trained on."""


def server(*, key: str) -> TrackingServer:
    """Return the tracking server named `key`; raises NotFound."""
    found = TrackingServer.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no tracking server {key}.")
    return found


def versions(*, server: TrackingServer, names: Iterable[str]) -> QuerySet[ModelVersion]:
    """Return the living versions of the registered models with these names, oldest first."""
    return (
        ModelVersion.objects.filter(
            registered_model__server=server, registered_model__name__in=list(names), vanished_at=None, is_prompt=False
        )
        .select_related("registered_model__server", "run", "logged_model")
        .order_by("created_ms", "pk")
    )


def version(*, server: TrackingServer, name: str, version: str) -> ModelVersion:
    """Return the living version with this name and number as the mirror has it; raises NotFound."""
    living = versions(server=server, names=[name])
    found = living.filter(version=version).first()
    if found is None:
        known = choices.remedy(version, living.values_list("version", flat=True), lead="Known versions")
        raise NotFound(f"models:/{name}/{version} is not known on {server.key}. {known} Register it, or synchronise.")
    return found


def prompts(*, server: TrackingServer) -> list[str]:
    """Return the names of the prompts that are there as the mirror has it, in their order."""
    versions = ModelVersion.objects.filter(is_prompt=True)
    living = RegisteredModel.objects.filter(server=server, vanished_at=None, pk__in=versions.values("registered_model"))
    return list(living.order_by("name").values_list("name", flat=True))


def alias_state(*, server: TrackingServer, model: str) -> dict[str, ModelVersion]:
    """Return where each alias of the registered model points, as last seen."""
    living = Alias.objects.filter(
        registered_model__server=server,
        registered_model__name=model,
        registered_model__vanished_at=None,
        version__isnull=False,
    )
    rows = living.select_related("version__registered_model__server").order_by("name")
    return {row.name: row.version for row in rows if row.version is not None}


def hidden(*, server_key: str, model: str) -> list[str]:
    """Return the addresses of the registered model and its versions, as far as MLflow's default search hides them."""
    living = RegisteredModel.objects.filter(server__key=server_key, name=model, vanished_at=None)
    versions = ModelVersion.objects.filter(registered_model__in=living, is_hidden=True, vanished_at=None)
    whole = [f"models:/{row.name}" for row in living.filter(is_hidden=True)]
    return whole + [row.uri for row in versions.select_related("registered_model").order_by("pk")]


def alias_changes(*, server: TrackingServer, model: str = "", after: int = 0) -> QuerySet[AliasChange]:
    """Return the recorded moves of aliases with an id above `after`, in the order they were seen."""
    changes = AliasChange.objects.filter(registered_model__server=server, pk__gt=after)
    if model:
        changes = changes.filter(registered_model__name=model)
    return changes.select_related("registered_model__server", "before", "after").order_by("pk")


def stage_before(version: ModelVersion) -> str:
    """Return the stage in which the version was last seen before it came into the one that it is in; empty when it was
    in that one at first sight."""
    changes = StateChange.objects.filter(version=version, what=StateChange.What.STAGE).order_by("pk")
    last = changes.last()
    return (last.before or "") if last else ""


def alias_as_of(*, server: TrackingServer, model: str, alias: str, at: datetime) -> ModelVersion | None:
    """Return the version at which `alias` was last seen at or before the time `at`; None if nowhere."""
    seen = alias_changes(server=server, model=model).filter(alias=alias, seen_at__lte=at).last()
    return seen.after if seen else None


def by_digest(*, digest: str) -> QuerySet[ModelVersion]:
    """Return the versions whose current digest is `digest`."""
    held = ModelVersion.objects.filter(digests__digest=digest).distinct()
    current = [row.pk for row in held if row.digest == digest]
    return ModelVersion.objects.filter(pk__in=current).select_related("registered_model__server").order_by("pk")


def evidence_runs(*, version: ModelVersion) -> QuerySet[Run]:
    """Return the runs that say they are evidence (tag `edgewise.evidence`) about this version's logged model."""
    return (
        Run.objects.filter(
            models__logged_model__versions=version,
            models__role="input",
            tags__has_key=tags.EVIDENCE,
            vanished_at=None,
        )
        .distinct()
        .order_by("started_at", "pk")
    )


def above(*versions: ModelVersion) -> set[Key]:
    """Return the keys of everything that `versions` came from, themselves included."""
    return reached(_starts(versions), up=True)


def makers(version: ModelVersion) -> list[str]:
    """Return the user names, as clients gave them, of every run that `version` came from, parent runs included."""
    runs = _runs_above(version)
    return sorted(set(Run.objects.filter(pk__in=runs).exclude(user="").values_list("user", flat=True)))


def trained_on(version: ModelVersion) -> set[tuple[str, str]]:
    """Return name and MLflow digest of each dataset that a run which `version` came from says it trained on."""
    runs = _runs_above(version)
    used = RunInput.objects.filter(run_id__in=runs, context__istartswith=TRAINING)
    return set(used.values_list("dataset__name", "dataset__digest"))


def tagged_runs(version: ModelVersion, *, tag: str, stop_at: Collection[int] = ()) -> list[tuple[str, str]]:
    """Return id and tag of each run that `version` came from and that has the tag, nothing beyond the versions with ids
    `stop_at`; by id."""
    runs = _runs_above(version, stop_at=stop_at)
    rows = Run.objects.filter(pk__in=runs, tags__has_key=tag).order_by("run_id")
    return [(row.run_id, row.tags[tag]) for row in rows]


def lineage_graph(*versions: ModelVersion, stop_at: Collection[int] = (), as_of: datetime | None = None) -> Graph:
    """Return what `versions` came from, nothing beyond the versions with ids `stop_at`, and the runs that evaluated
    them with their datasets; as known at `as_of` if that is given."""
    keys = reached(_starts(versions), up=True, stop_at=stop_at, as_of=as_of)
    evaluated = [version.logged_model_id for version in versions if version.logged_model_id is not None]
    return graph(keys | evaluations_of(evaluated, as_of=as_of), as_of=as_of)


def evaluations_of(logged_models: Collection[int], *, as_of: datetime | None = None) -> set[Key]:
    """Return the runs that used these logged models (row ids), and their datasets; as known at `as_of`."""
    if not logged_models:
        return set()
    used = RunModel.objects.filter(logged_model__in=logged_models, role=RunModel.Role.INPUT)
    data = RunInput.objects.filter(run__models__in=used)
    if as_of is not None:
        there = Q(run__vanished_at=None) | Q(run__vanished_at__gt=as_of)
        used = used.filter(there, first_seen_at__lte=as_of, run__first_seen_at__lte=as_of)
        data = RunInput.objects.filter(
            run__models__in=used, first_seen_at__lte=as_of, dataset__first_seen_at__lte=as_of
        )
    runs = {("run", key) for key in used.values_list("run_id", flat=True)}
    return runs | {("dataset", key) for key in data.values_list("dataset_id", flat=True)}


def inputs_of(run: int, *, as_of: datetime | None = None) -> set[Key]:
    """Return the datasets and logged models that a run (row id) used, as known at `as_of`."""
    data, models = RunInput.objects.filter(run=run), RunModel.objects.filter(run=run, role=RunModel.Role.INPUT)
    if as_of is not None:
        data, models = data.filter(first_seen_at__lte=as_of), models.filter(first_seen_at__lte=as_of)
    used = {("dataset", key) for key in data.values_list("dataset_id", flat=True)}
    return used | {("logged-model", key) for key in models.values_list("logged_model_id", flat=True)}


def graph(keys: Collection[Key], *, as_of: datetime | None = None) -> Graph:
    """Return the graph of the things `keys`, with the links and digests that were known at `as_of`."""
    nodes, edges = nodes_in_order(keys, as_of=as_of), links(keys, as_of=as_of)
    if as_of is None:
        return graph_of(nodes, edges)
    digests = {node.id: dict(node.details).get(DIGEST, "") for node in nodes}
    return graph_of(nodes, (_dated(edge, digests) for edge in edges))


def nodes_in_order(keys: Collection[Key], *, as_of: datetime | None = None) -> tuple[Node, ...]:
    """Return the nodes of `keys`, by kind and row."""
    return tuple(sorted(nodes_of(keys, as_of=as_of)))


def snapshot(version: ModelVersion, *, withheld: Collection[int] = ()) -> dict[str, Any]:
    """Return the lineage of a candidate as canonical data: MLflow's own names, digests, and what is only asserted; no
    user, script, address or path. Of the versions with ids `withheld` only the digest, and nothing beyond them."""
    current = version.current_digest
    keys = reached([("version", version.pk)], up=True, stop_at=withheld)
    hidden = {f"version-{key}" for key in withheld}
    nodes = {node.id: node.withheld() if node.id in hidden else node for node in nodes_in_order(keys)}
    edges = graph_of(nodes.values(), links(keys)).edges
    return {
        "model": {
            "server": version.server.key,
            "name": version.name,
            "nameCreatedMs": version.registered_model.created_ms,
            "version": version.version,
            "versionCreatedMs": version.created_ms,
        },
        "files": _files(current) if current else None,
        "nodes": sorted((_described(node) for node in nodes.values()), key=_place),
        "edges": sorted(
            (
                {
                    "from": f"{nodes[edge.tail].kind}:{nodes[edge.tail].reference}",
                    "to": f"{nodes[edge.head].kind}:{nodes[edge.head].reference}",
                    "kind": edge.kind,
                    "label": edge.label,
                    "asserted": edge.asserted,
                }
                for edge in edges
            ),
            key=lambda edge: (edge["from"], edge["to"], edge["kind"], edge["label"]),
        ),
    }


def _files(current: ModelDigest) -> dict[str, Any]:
    manifest = manifest_from(current.manifest)
    return {"digest": current.digest, "manifestDigest": manifest.fingerprint, "manifest": manifest.as_list()}


def _described(node: Node) -> dict[str, Any]:
    details = {label: text for label, text in node.details if label in KEPT}
    return {"kind": node.kind, "reference": node.reference, "label": node.label, "details": details}


def _place(described: dict[str, Any]) -> tuple[str, str]:
    return described["kind"], described["reference"]


def _dated(edge: Edge, digests: dict[str, str]) -> Edge:
    """Return a link to a copy with what was known of both digests then."""
    if edge.kind != COPIED:
        return edge
    return replace(edge, asserted=digests[edge.tail] == "" or digests[edge.tail] != digests[edge.head])


def _runs_above(version: ModelVersion, *, stop_at: Collection[int] = ()) -> list[int]:
    return [key for kind, key in reached(_starts([version]), up=True, stop_at=stop_at) if kind == "run"]


def _starts(versions: Iterable[ModelVersion]) -> list[Key]:
    return [("version", version.pk) for version in versions]
