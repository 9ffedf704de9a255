"""What the gate said: a verdict for each criterion and group, and no total."""

from __future__ import annotations

from typing import Any

import graphene

from api.graphql.accounts import Person
from api.graphql.evidence import Evaluation
from api.graphql.log import Logged
from api.graphql.shapes import Moment, every, link, links, said, sealed
from governance.evidence.models import EvaluationRun
from governance.gates.models import GateReport as Judged


class Interval(graphene.ObjectType):
    """Confidence bounds, decimal strings."""

    name = graphene.String(required=True)
    low = graphene.String()
    high = graphene.String()


class Cell(graphene.ObjectType):
    """The verdict on one criterion for one group. Numbers are decimal strings; null where nothing was evaluated."""

    group = graphene.String(required=True)
    verdict = graphene.String(required=True)
    reason = graphene.String(required=True)
    would_change = graphene.String(required=True, description="What would change the verdict.")
    more_cases = graphene.Int()
    none_of = graphene.Int(description="Cases of which none counts for a derived metric, so that it is undefined.")
    estimate = graphene.String()
    n = graphene.Int()
    interval = graphene.Field(Interval)
    evidence = graphene.ID(description="The evaluation run that it rests on.")


class Criterion(graphene.ObjectType):
    """One criterion as it holds in the context, judged for each of its groups."""

    dimension = graphene.String(required=True)
    dimension_name = graphene.String(required=True)
    tier = graphene.Int(required=True)
    metric = graphene.String(required=True)
    aggregate = graphene.String(required=True)
    comparator = graphene.String(required=True)
    threshold = graphene.String(required=True)
    unit = graphene.String(required=True)
    direction = graphene.String(required=True)
    level = graphene.String(required=True)
    verdict = graphene.String(required=True)
    cells = graphene.Field(every(Cell))


class Tier(graphene.ObjectType):
    """The verdict of one priority tier: the worst of its own."""

    tier = graphene.Int(required=True)
    verdict = graphene.String(required=True)


class Condition(graphene.ObjectType):
    """An extra condition of the specification, and whether it holds."""

    key = graphene.String(required=True)
    dimension = graphene.String(required=True)
    tier = graphene.Int(required=True)
    holds_if = graphene.String(required=True, description="An expression in CEL.")
    verdict = graphene.String(required=True)
    reason = graphene.String(required=True)
    why = graphene.String(required=True)


class Signal(graphene.ObjectType):
    """What a yield rule found where values or people part."""

    signal = graphene.String(required=True)
    dimension = graphene.String(required=True)
    metric = graphene.String(required=True)
    value = graphene.String(description="Null when it could not be measured.")
    over = graphene.String(required=True)
    verdict = graphene.String(required=True)
    route = graphene.String(required=True)
    reason = graphene.String(required=True)


class TensionReading(graphene.ObjectType):
    """What a tension comes to for two metrics and one group. Numbers are decimal strings."""

    first = graphene.String(required=True)
    second = graphene.String(required=True)
    group = graphene.String(required=True)
    value = graphene.String(description="Null when it could not be measured.")
    n = graphene.Int(required=True, description="Cases, or versions that are ranked.")
    verdict = graphene.String(description="Null while nothing can be said: there are too few versions to rank.")
    reason = graphene.String(required=True)
    would_change = graphene.String(required=True, description="What would change the verdict.")


class Tension(graphene.ObjectType):
    """Two values known to conflict, and whether their inconsistency lies in the band that was agreed."""

    between = graphene.Field(every(graphene.String))
    measure = graphene.String(required=True)
    band = graphene.Field(every(graphene.String), description="From and to, decimal strings.")
    leaving_acceptable = graphene.Boolean(required=True)
    why = graphene.String(required=True)
    verdict = graphene.String()
    readings = graphene.Field(every(TensionReading))


class Route(graphene.ObjectType):
    """What an edge signal asks for; while it is open, nothing is approved."""

    id = graphene.ID(required=True)
    signal = graphene.String(required=True)
    dimension = graphene.String(required=True)
    process = graphene.String(required=True)
    sentence = graphene.String(required=True)
    state = graphene.String(required=True)
    opened_at = Moment(required=True)
    closed_at = Moment()
    closed_by = link(Person, "closed_by", required=False)
    closed_because = sealed()


class GateReport(Logged, graphene.ObjectType):
    """What the evidence supports for one version in one context under one specification."""

    id = graphene.ID(required=True)
    context = graphene.String(required=True, source="context_key")
    model_digest = graphene.String(required=True)
    digest = graphene.String(required=True)
    verdict = graphene.String(required=True, description="The worst that was found, never an average.")
    reasons = said(every(graphene.String), "reasons")
    tiers = said(every(Tier), "tiers")
    criteria = said(every(Criterion), "criteria")
    conditions = said(every(Condition), "conditions")
    signals = said(every(Signal), "signals")
    tensions = said(every(Tension), "tensions")
    routes = links(Route, "routes")
    judged_by = link(Person, "judged_by")
    judged_at = Moment(required=True)
    evidence = graphene.Field(every(Evaluation))

    @staticmethod
    def resolve_evidence(report: Judged, info: graphene.ResolveInfo) -> list[EvaluationRun]:
        """Return exactly the evaluations that the report names by digest."""
        digests = {digest for _, digest in report.evidence}
        version: Any = info.context.rows.one(report, "model_version")
        return [
            row
            for row in info.context.rows.many(version, "evaluations")
            if row.digest in digests and row.specification_id == report.specification_id
        ]
