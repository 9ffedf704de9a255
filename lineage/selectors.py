"""Reading the mirror. Who may see which model is judged above, where systems and grants are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from governance.errors import NotFound
from lineage.digests import manifest_from
from lineage.graph import Edge, Graph, Node, graph_of
from lineage.models import (
    Alias,
    AliasChange,
    Dataset,
    LoggedModel,
    ModelDigest,
    ModelVersion,
    RegisteredModel,
    Run,
    RunInput,
    StateChange,
    TrackingServer,
)
from lineage.nodes import nodes_of

Key = tuple[str, int]
KEPT = frozenset({"MLflow digest", "kind of source", "started", "code", "type", "elsewhere", "digest"})
"""The details of nodes that a snapshot keeps. Users, scripts, addresses and paths name people, and a snapshot is in an
append-only record and in every bundle, where nobody can erase them; the mirror still has them."""
TRAINING = "train"
"""How the client's word begins for a dataset that a run trained on."""
REACHED = """
WITH RECURSIVE reached(kind, id) AS (
    SELECT * FROM unnest(%s::text[], %s::bigint[])
UNION
    SELECT edge.{next}_kind, edge.{next}_id FROM reached
      JOIN lineage_edge edge ON edge.{here}_kind = reached.kind AND edge.{here}_id = reached.id
     WHERE NOT (reached.kind = 'version' AND reached.id = ANY(%s::bigint[]))
)
SELECT kind, id FROM reached
"""
AMONG = """
WITH node(kind, id) AS (SELECT * FROM unnest(%s::text[], %s::bigint[]))
SELECT from_kind, from_id, to_kind, to_id, edge.kind, label, asserted FROM lineage_edge edge
  JOIN node tail ON tail.kind = from_kind AND tail.id = from_id
  JOIN node head ON head.kind = to_kind AND head.id = to_id
"""


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
            registered_model__server=server, registered_model__name__in=list(names), vanished_at=None
        )
        .select_related("registered_model__server", "run", "logged_model")
        .order_by("created_ms", "pk")
    )


def version(*, server: TrackingServer, name: str, version: str) -> ModelVersion:
    """Return the living version with this name and number as the mirror has it; raises NotFound."""
    found = versions(server=server, names=[name]).filter(version=version).first()
    if found is None:
        raise NotFound(f"models:/{name}/{version} is not known on {server.key}. Register it, or synchronise.")
    return found


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
            tags__has_key="edgewise.evidence",
            vanished_at=None,
        )
        .distinct()
        .order_by("started_at", "pk")
    )


def upstream(*versions: ModelVersion, stop_at: Collection[int] = ()) -> tuple[Node, ...]:
    """Return everything that `versions` came from, themselves included; nothing beyond those with ids `stop_at`."""
    return _nodes(_reached(_starts(versions), up=True, stop_at=stop_at))


def makers(version: ModelVersion) -> list[str]:
    """Return the user names, as clients gave them, of every run that `version` came from, parent runs included."""
    runs = [node.key for node in upstream(version) if node.kind == "run"]
    return sorted(set(Run.objects.filter(pk__in=runs).exclude(user="").values_list("user", flat=True)))


def trained_on(version: ModelVersion) -> set[tuple[str, str]]:
    """Return name and MLflow digest of each dataset that a run which `version` came from says it trained on."""
    runs = [node.key for node in upstream(version) if node.kind == "run"]
    used = RunInput.objects.filter(run_id__in=runs, context__istartswith=TRAINING)
    return set(used.values_list("dataset__name", "dataset__digest"))


def tagged_runs(version: ModelVersion, *, tag: str, stop_at: Collection[int] = ()) -> list[tuple[str, str]]:
    """Return id and tag of each run that `version` came from and that has the tag, nothing beyond the versions with ids
    `stop_at`; by id."""
    runs = [node.key for node in upstream(version, stop_at=stop_at) if node.kind == "run"]
    rows = Run.objects.filter(pk__in=runs, tags__has_key=tag).order_by("run_id")
    return [(row.run_id, row.tags[tag]) for row in rows]


def downstream(start: Dataset | Run | LoggedModel | ModelVersion, *, stop_at: Collection[int] = ()) -> tuple[Node, ...]:
    """Return everything that came of a dataset, run, logged model or version, itself included; nothing beyond the
    versions with ids `stop_at`."""
    kinds = {Dataset: "dataset", Run: "run", LoggedModel: "logged-model", ModelVersion: "version"}
    return _nodes(_reached([(kinds[type(start)], start.pk)], up=False, stop_at=stop_at))


def lineage_graph(*versions: ModelVersion, stop_at: Collection[int] = ()) -> Graph:
    """Return what `versions` came from, nothing beyond the versions with ids `stop_at`, and the runs that evaluated
    them with their datasets."""
    keys = _reached(_starts(versions), up=True, stop_at=stop_at)
    evaluated = [version.logged_model_id for version in versions if version.logged_model_id is not None]
    if evaluated:
        used_by = Run.objects.filter(models__logged_model_id__in=evaluated, models__role="input")
        evaluations = [("run", pk) for pk in used_by.values_list("pk", flat=True)]
        data = RunInput.objects.filter(run_id__in=[pk for _, pk in evaluations]).values_list("dataset_id", flat=True)
        keys |= {*evaluations, *(("dataset", pk) for pk in data)}
    return graph_of(_nodes(keys), _edges(keys))


def snapshot(version: ModelVersion, *, withheld: Collection[int] = ()) -> dict[str, Any]:
    """Return the lineage of a candidate as canonical data: MLflow's own names, digests, and what is only asserted; no
    user, script, address or path. Of the versions with ids `withheld` only the digest, and nothing beyond them."""
    current = version.current_digest
    keys = _reached([("version", version.pk)], up=True, stop_at=withheld)
    hidden = {f"version-{key}" for key in withheld}
    nodes = {node.id: node.withheld() if node.id in hidden else node for node in _nodes(keys)}
    edges = graph_of(nodes.values(), _edges(keys)).edges
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


def _starts(versions: Iterable[ModelVersion]) -> list[Key]:
    return [("version", version.pk) for version in versions]


def _nodes(keys: set[Key]) -> tuple[Node, ...]:
    return tuple(sorted(nodes_of(keys)))


def _reached(start: list[Key], *, up: bool, stop_at: Collection[int] = ()) -> set[Key]:
    here, following = ("to", "from") if up else ("from", "to")
    with connection.cursor() as cursor:
        cursor.execute(REACHED.format(here=here, next=following), [*_columns(start), list(stop_at)])
        return {(kind, key) for kind, key in cursor.fetchall()}


def _edges(keys: set[Key]) -> tuple[Edge, ...]:
    with connection.cursor() as cursor:
        cursor.execute(AMONG, _columns(sorted(keys)))
        rows = cursor.fetchall()
    return tuple(
        Edge(tail=f"{a_kind}-{a}", head=f"{b_kind}-{b}", kind=kind, label=label, asserted=asserted)
        for a_kind, a, b_kind, b, kind, label, asserted in rows
    )


def _columns(keys: list[Key]) -> list[list[Any]]:
    return [[kind for kind, _ in keys], [key for _, key in keys]]
