"""The only writers of gate reports and routes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from governance import actions, canonical
from governance.accounts.models import User
from governance.audit import services as audit
from governance.deliberation.models import Deliberation
from governance.errors import Invalid, Problem, no_such
from governance.evidence import selectors as evidence
from governance.gates import engine, events, policies
from governance.gates.inputs import Stored
from governance.gates.models import GateReport, Route
from governance.gates.report import GateReport as Judged
from governance.gates.report import Question
from governance.gates.states import RouteState
from governance.specs import selectors as specs
from governance.specs.effective import EffectiveSpecification, effective
from governance.specs.models import SpecificationVersion
from governance.specs.pairs import RANKING, pairs
from governance.systems.selectors import context as context_of
from governance.systems.services import locked_system
from lineage.models import ModelVersion


@actions.action(verb="gates.report.make", permission="checkpoint.register")
def judge(
    *,
    system_key: str,
    version: ModelVersion,
    context_key: str,
    incumbent: ModelVersion | None = None,
    by: User,
    at: datetime,
) -> GateReport:
    """Judge the evidence on a version for a context under the specification in force, and compare it with that on the
    `incumbent`, if there is one; the same inputs give the same report, which is recorded anew only where
    another came between.

    Raises NotPermitted, or NotFound (no such context, nothing ratified).
    """
    system = locked_system(system_key)
    policies.check_can_judge(by=by, system=system, version=version, at=at)
    context = context_of(system=system, key=context_key)
    specification = specs.require_in_force(system=system)
    asked = effective(specification.parsed(), context.key)
    sheets = specs.approved_sheets(system=system, metrics=asked.metrics)
    found = _judged(asked, specification, version=version, incumbent=incumbent, approved_metrics=list(sheets))
    document = canonical.encode(found.document())
    digest = canonical.digest_bytes(document)
    newest = GateReport.objects.filter(model_version=version, context_key=context.key).order_by("-pk").first()
    if newest is not None and newest.digest == digest:
        return newest
    waiting = found.questions
    event = events.VersionJudged(
        subject=f"version:{version.pk}",
        model=version.uri,
        artifact=version.digest,
        context=context.key,
        specification=specification.digest,
        verdict=found.verdict,
        digest=digest,
        routes=len(waiting),
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    report = GateReport.objects.create(
        system=system,
        model_version=version,
        model_digest=version.digest,
        context_key=context.key,
        specification=specification,
        verdict=found.verdict,
        evidence=evidence.in_use(version=version, specification=specification, context_key=context.key),
        document=document,
        digest=digest,
        judged_by=by,
        judged_at=at,
        leaf_id=leaf,
    )
    Route.objects.bulk_create([_route(report, question, at=at) for question in waiting])
    return report


@actions.action(verb="gates.route.close", permission="deliberation.run", states=("open",))
def close_route(*, route_id: int, because: str, deliberation_id: int | None = None, by: User, at: datetime) -> Route:
    """Close a route, saying what was done about the signal: for one that asks for a deliberation, by which.

    Raises NotPermitted, NotAllowedNow, Invalid, or Conflict when the deliberation is missing or about something else.
    """
    rows = Route.objects.select_for_update(of=("self",)).select_related("report__system")
    route = rows.filter(pk=route_id).first()
    if route is None:
        raise no_such("route")
    policies.check_can_close(by=by, route=route, at=at)
    named = Deliberation.objects.filter(pk__in=[deliberation_id] if deliberation_id else [])
    deliberation = named.select_related("outcome").first()
    policies.check_deliberated(route=route, deliberation=deliberation)
    if not because.strip():
        problem = Problem("because", "is empty.", "Say what was done about the signal.")
        raise Invalid(str(problem), problems=(problem,))
    event = events.RouteClosed(
        subject=f"route:{route.pk}",
        signal=route.signal,
        dimension=route.dimension,
        deliberation=f"deliberation:{deliberation.pk}" if deliberation else "",
        because=because.strip(),
    )
    leaf = audit.record(event=event, actor=by.actor, system=route.report.system.key, at=at)
    route.state, route.closed_at, route.closed_by, route.closed_leaf_id = RouteState.CLOSED, at, by, leaf
    route.deliberation = deliberation
    route.save(update_fields=["state", "closed_at", "closed_by", "closed_leaf_id", "deliberation"])
    return route


def _judged(
    asked: EffectiveSpecification,
    specification: SpecificationVersion,
    *,
    version: ModelVersion,
    incumbent: ModelVersion | None,
    approved_metrics: list[str],
) -> Judged:
    """Ask the gate with all that is recorded."""
    return engine.judge(
        effective=asked,
        subject=version.digest,
        observations=_observations(version, specification, asked.context),
        incumbent=_observations(incumbent, specification, asked.context) if incumbent else None,
        siblings=_siblings(version, specification, asked),
        measured_signals=_signals(version, specification, asked.context),
        approved_metrics=approved_metrics,
        not_before=specification.ratified_at.isoformat(),
    )


def _observations(version: ModelVersion, specification: SpecificationVersion, context_key: str) -> Stored:
    rows = evidence.observations(version=version, specification=specification, context_key=context_key)
    return [row.document for row in rows]


def _siblings(version: ModelVersion, specification: SpecificationVersion, asked: EffectiveSpecification) -> Stored:
    """What was observed of other versions, as far as a tension ranks them by it."""
    ranked = [pair for t in asked.tensions if t.measure == RANKING for pair in pairs(t, asked.criteria)]
    metrics = {side.metric for pair in ranked for side in (pair.first, pair.second)}
    rows = evidence.observations_beside(
        version=version, specification=specification, context_key=asked.context, metrics=metrics
    )
    return [row.document for row in rows]


def _signals(version: ModelVersion, specification: SpecificationVersion, context_key: str) -> Stored:
    rows = evidence.signals(version=version, specification=specification, context_key=context_key)
    return [row.document for row in rows]


def _route(report: GateReport, question: Question, *, at: datetime) -> Route:
    return Route(report=report, opened_at=at, **asdict(question))
