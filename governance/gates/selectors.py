"""Reading gate reports and routes, as far as the reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.audit.sealed import read_together
from governance.errors import NotFound
from governance.evidence import selectors as evidence
from governance.gates import inputs
from governance.gates.models import GateReport, Route
from governance.gates.siblings import Siblings, compare
from governance.gates.states import RouteState
from governance.specs import selectors as specs
from governance.systems.models import AISystem
from lineage.models import ModelVersion


def latest_report(*, version: ModelVersion, context_key: str) -> GateReport | None:
    """Return the newest report on a version in a context, if the gate has judged it; one on the bytes that it has now
    before one on bytes that it had."""
    rows = GateReport.objects.filter(model_version=version, context_key=context_key)
    rows = rows.select_related("specification", "system").order_by("-pk")
    return rows.filter(model_digest=version.digest).first() or rows.first()


def latest_reports(
    *, system: AISystem, by: User, with_documents: bool = False, of: Sequence[ModelVersion] | None = None
) -> QuerySet[GateReport]:
    """Return the newest report for each version (of those in `of`, if given) and context of a system, newest first;
    their documents are long, and are read with them only where all are looked into."""
    rows = GateReport.objects.visible_to(by).filter(system=system)
    rows = rows if of is None else rows.filter(model_version__in=of)
    newest = rows.order_by("model_version", "context_key", "-pk").distinct("model_version", "context_key")
    found = GateReport.objects.filter(pk__in=newest.values("pk")).order_by("-pk")
    found = found.select_related("model_version__registered_model__server", "specification")
    return found if with_documents else found.defer("document")


def siblings(*, system: AISystem, context_key: str, by: User) -> tuple[dict[str, GateReport], Siblings]:
    """Return the newest report of each version of a system in a context under the specification in force, by the
    version's name, the oldest version of each model first; and how they stand beside each other. Empty while nothing is
    ratified."""
    in_force = specs.in_force(system=system)
    alike = [
        row
        for row in latest_reports(system=system, by=by, with_documents=True)
        if in_force is not None and (row.context_key, row.specification_id) == (context_key, in_force.pk)
    ]
    alike.sort(key=lambda row: (row.model_version.name, row.model_version.created_ms, row.model_version_id))
    several = len({row.model_version.server.key for row in alike}) > 1
    reports = {_named(row.model_version, with_server=several): row for row in alike}
    tensions = in_force.parsed().tensions if in_force else ()
    return reports, compare({name: row.content() for name, row in reports.items()}, tensions)


def _named(version: ModelVersion, *, with_server: bool) -> str:
    return (
        f"{version.server.key}: {version.name} {version.version}"
        if with_server
        else f"{version.name} {version.version}"
    )


def report(*, report_id: int, by: User) -> GateReport:
    """Return one report; raise NotFound when it is missing or `by` may not see it."""
    found = GateReport.objects.visible_to(by).select_related("system", "specification").filter(pk=report_id).first()
    if found is None:
        raise NotFound(f"There is no gate report {report_id} here.")
    return found


def unjudged(report: GateReport) -> bool:
    """Say whether the evidence in use holds other observations or signals than those that `report` was given."""
    what: dict[str, Any] = {"version": report.model_version, "specification": report.specification}
    what["context_key"] = report.context_key
    given = inputs.read(report.content()["inputs"])
    observed = {inputs.observation(row.document) for row in evidence.observations(**what)}
    measured = {inputs.signal(row.document) for row in evidence.signals(**what)}
    return (observed, measured) != (set(given.observations), set(given.measured_signals))


@dataclass(frozen=True, kw_only=True)
class Newer:
    """Evidence in use that a report was not given: since when the first of it is there, and from which runs or
    files."""

    since: datetime
    runs: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"since": self.since.isoformat(), "runs": list(self.runs)}


def newer_evidence(report: GateReport) -> Newer | None:
    """Return what came into use since a report was made, None where the report was given all (see `unjudged`)."""
    if not unjudged(report):
        return None
    version, given = report.model_version, {digest for _, digest in report.evidence}
    what: dict[str, Any] = {"specification": report.specification, "context_key": report.context_key}
    fresh = {digest for _, digest in evidence.in_use(version=version, **what)} - given
    rows = evidence.evaluations_by_digest(digests=fresh, version=version)
    since = min((row.read_at for row in rows), default=report.judged_at)
    return Newer(since=since, runs=tuple(row.run_id for row in rows))


def asking_anew(report: GateReport) -> str:
    """Return the command that has a report's version judged anew."""
    of = f"--system {report.system.key} --context {report.context_key}"
    return f"edgewise gate {report.model_version.uri} {of}"


def compared(report: GateReport) -> dict[str, list[str]]:
    """Return the versions that a report speaks of, by the digests by which its document names them."""
    given = report.content()["inputs"]
    observed = [*given["observations"], *given["siblings"], *(given["incumbent"] or [])]
    digests = {report.model_digest} | {observation["source"]["subject"] for observation in observed}
    return evidence.evaluated_as(system=report.system, digests=digests)


def route(*, route_id: int, by: User) -> Route:
    """Return one route; raise NotFound when it is missing or `by` may not see it."""
    found = Route.objects.filter(report__in=GateReport.objects.visible_to(by), pk=route_id).first()
    if found is None:
        raise NotFound(f"There is no route {route_id} here.")
    return found


def sheets_behind(report: GateReport) -> list[dict[str, str]]:
    """Return each metric that the report could gate on, and the digest of its provenance sheet that is approved now."""
    gating = report.content()["inputs"]["approved_metrics"]
    sheets = specs.approved_sheets(system=report.system, metrics=gating)
    return [{"metric": metric, "sheet": sheet.digest} for metric, sheet in sorted(sheets.items())]


def withdrawn_behind(report: GateReport) -> list[str]:
    """Return the metrics that the report could gate on, and that cannot any more."""
    gating = report.content()["inputs"]["approved_metrics"]
    return sorted(set(gating) - specs.approved_sheets(system=report.system, metrics=gating).keys())


def answers(report: GateReport) -> list[dict[str, Any]]:
    """Return what became of each route of the report, as signers are shown it: which deliberation closed it, and what
    won there."""
    rows = report.routes.select_related("deliberation__outcome").order_by("pk")
    return [
        {
            "signal": route.signal,
            "dimension": route.dimension,
            "metric": route.metric,
            "process": route.process,
            "state": route.state,
            "deliberation": route.deliberation_id,
            "outcome": route.deliberation.outcome.digest if route.deliberation else None,
            "winner": route.deliberation.outcome.winner if route.deliberation else None,
        }
        for route in rows
    ]


def open_routes(report: GateReport) -> QuerySet[Route]:
    """Return the report's routes that still wait for somebody."""
    return report.routes.filter(state=RouteState.OPEN).order_by("pk")


def closers(report: GateReport) -> list[str]:
    """Return the opaque ids of those who closed a route of the report."""
    closed = report.routes.filter(state=RouteState.CLOSED)
    return [str(closer) for closer in closed.values_list("closed_by_id", flat=True)]


def routes(report: GateReport) -> list[Route]:
    """Return every route of the report, with the words in which it was closed."""
    found = list(report.routes.select_related("closed_by", "deliberation__outcome").order_by("pk"))
    read_together(found)
    return found
