"""Model versions, and what they came from."""

from __future__ import annotations

import graphene

from api.graphql.accounts import Person
from api.graphql.log import Logged
from api.graphql.shapes import Moment, every, link
from governance.evidence import selectors as evidence
from governance.evidence import tracing
from governance.evidence.models import Checkpoint
from lineage.graph import Edge as GraphEdge
from lineage.graph import Graph
from lineage.graph import Node as GraphNode
from lineage.models import ModelVersion as Version


class Detail(graphene.ObjectType):
    """Something that is shown beside a node."""

    label = graphene.String(required=True)
    text = graphene.String(required=True)


class Node(graphene.ObjectType):
    """A dataset, run, logged model or version."""

    id = graphene.ID(required=True)
    kind = graphene.String(required=True, description="dataset, run, logged-model or version.")
    reference = graphene.String(
        required=True, description="Its name in MLflow; for a dataset the SHA-256 of its description."
    )
    label = graphene.String(required=True)
    vanished = graphene.Boolean(required=True, source="is_vanished", description="MLflow no longer shows it.")
    withheld = graphene.Boolean(
        required=True,
        source="is_withheld",
        description="It belongs to a system that one may not see; what lies beyond it is not shown.",
    )
    details = graphene.Field(every(Detail))

    @staticmethod
    def resolve_details(node: GraphNode, info: graphene.ResolveInfo) -> list[dict[str, str]]:
        """Return what is shown beside it."""
        return [{"label": label, "text": text} for label, text in node.details]


class Edge(graphene.ObjectType):
    """One node came before another."""

    tail = graphene.ID(required=True, name="from", source="tail")
    head = graphene.ID(required=True, name="to", source="head")
    kind = graphene.String(required=True)
    label = graphene.String(required=True)
    asserted = graphene.Boolean(required=True, description="Only a client said so.")
    verified = graphene.Boolean(required=True, description="Edgewise saw it itself.")

    @staticmethod
    def resolve_verified(edge: GraphEdge, info: graphene.ResolveInfo) -> bool:
        """Return the opposite of asserted."""
        return not edge.asserted


class Lineage(graphene.ObjectType):
    """Everything that a version came from, and the runs that evaluated it with their datasets."""

    nodes = graphene.Field(every(Node))
    edges = graphene.Field(every(Edge))


class Registration(Logged, graphene.ObjectType):
    """That somebody registered a version, by the digest of the files that Edgewise hashed then."""

    digest = graphene.String(required=True)
    by = link(Person, "registered_by")
    at = Moment(required=True, source="registered_at")


class ModelVersion(graphene.ObjectType):
    """A version of a registered model, as MLflow shows it."""

    uri = graphene.String(required=True, description="models:/NAME/VERSION.")
    digest = graphene.String(
        required=True, description="What Edgewise last computed over its files; empty if it never could."
    )
    registration = graphene.Field(Registration, description="Null while nobody registered it.")
    lineage = graphene.Field(Lineage, required=True)
    upstream = graphene.Field(every(Node), description="Everything that it came from, itself included.")
    downstream = graphene.Field(every(Node), description="Everything that came of it, itself included.")

    @staticmethod
    def resolve_uri(version: Version, info: graphene.ResolveInfo) -> str:
        """Return how MLflow's clients name it."""
        info.context.rows.one(version, "registered_model")
        return version.uri

    @staticmethod
    def resolve_registration(version: Version, info: graphene.ResolveInfo) -> Checkpoint | None:
        """Return who registered it."""
        return evidence.checkpoint_of(version)

    @staticmethod
    def resolve_lineage(version: Version, info: graphene.ResolveInfo) -> Graph:
        """Return the graph."""
        return evidence.lineage_graph(version, by=info.context.by)

    @staticmethod
    def resolve_upstream(version: Version, info: graphene.ResolveInfo) -> tuple[GraphNode, ...]:
        """Return what it came from."""
        return tracing.above(version, by=info.context.by)

    @staticmethod
    def resolve_downstream(version: Version, info: graphene.ResolveInfo) -> tuple[GraphNode, ...]:
        """Return what came of it."""
        return tracing.below(version, by=info.context.by)
