"""What evaluation runs found."""

from __future__ import annotations

from typing import Any

import graphene

from api.graphql.accounts import Person
from api.graphql.log import Logged
from api.graphql.shapes import Moment, every, link, links
from governance.evidence.models import Observation as Observed


class DatasetUse(graphene.ObjectType):
    """A dataset that a run says it used."""

    name = graphene.String(required=True)
    digest = graphene.String(required=True, description="MLflow's own, the client's word.")
    context = graphene.String(required=True, description="The client's word for what it used it.")


class Observation(graphene.ObjectType):
    """What one evaluation found for one dimension, metric, group and context, recomputed from the per-case table.
    Numbers are decimal strings."""

    dimension = graphene.String(required=True)
    metric = graphene.String(required=True)
    aggregate = graphene.String(required=True)
    group = graphene.String(required=True, source="group_key")
    context = graphene.String(required=True, source="context_key")
    estimate = graphene.String(required=True)
    n = graphene.Int(required=True)
    low = graphene.String()
    high = graphene.String()
    method = graphene.String(description="How the interval was found.")
    claimed = graphene.String(required=True, description="What the run's own metrics said; empty when nothing.")

    @staticmethod
    def resolve_low(observation: Observed, info: graphene.ResolveInfo) -> Any:
        """Return the lower bound."""
        return observation.document["low"]

    @staticmethod
    def resolve_high(observation: Observed, info: graphene.ResolveInfo) -> Any:
        """Return the upper bound."""
        return observation.document["high"]

    @staticmethod
    def resolve_method(observation: Observed, info: graphene.ResolveInfo) -> Any:
        """Return the interval's name."""
        return observation.document["method"]


class Evaluation(Logged, graphene.ObjectType):
    """One evaluation run as it was read from MLflow and recomputed."""

    run = graphene.ID(required=True, source="run_id")
    digest = graphene.String(required=True, description="Covers everything that was read.")
    model_digest = graphene.String(required=True)
    table_digest = graphene.String(required=True, description="The SHA-256 of the per-case table's bytes.")
    level = graphene.String(required=True)
    cases = graphene.Int(required=True)
    datasets = graphene.Field(every(DatasetUse))
    evaluator = graphene.String(required=True, description="The client's word.")
    evaluated_at = Moment(required=True, description="The client's word.")
    after_ratification = graphene.Boolean(required=True)
    read_by = link(Person, "read_by")
    read_at = Moment(required=True)
    observations = links(Observation, "observations")
