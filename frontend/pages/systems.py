"""What the page of a system shows: what is live where, what waits, what is in force, who is protected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from frontend.pages import audit as log
from frontend.pages import candidates
from governance.accounts.models import User
from governance.approvals import dossier, policies, selectors
from governance.approvals.models import Approval, ReleaseCandidate
from governance.audit import selectors as audit
from governance.deliberation import policies as deliberation_policies
from governance.deliberation import selectors as deliberations
from governance.evidence import selectors as evidence
from governance.gates import selectors as gates
from governance.gates.models import GateReport
from governance.monitoring import selectors as monitoring
from governance.monitoring.models import Deployment, OutOfBandMark, OutOfBandPromotion
from governance.specs import policies as specs_policies
from governance.specs import selectors as specs
from governance.systems import selectors as systems
from governance.systems.models import AISystem, DeploymentContext
from governance.systems.policies import can


@dataclass(frozen=True, slots=True)
class LiveShown:
    """One context with what was seen live in it, the approval under which it is, and what stands out of band. Where
    several models are live in a context, each is one of these; `ready`, approvals for the context of versions that are
    not live, and `marks` in MLflow stand with the last."""

    context: DeploymentContext
    live: Deployment | None
    approval: Approval | None
    promotion: OutOfBandPromotion | None
    ready: tuple[Approval, ...] = ()
    marks: tuple[OutOfBandMark, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedShown:
    """The newest report on a version in a context, whether a candidate can be opened on it, and when evidence about the
    version was read since, if any was."""

    report: GateReport
    is_ready: bool
    read_since: datetime | None


@dataclass(frozen=True, slots=True)
class OpenShown:
    """An open candidate and how it stands."""

    candidate: ReleaseCandidate
    state: candidates.State


def content(*, system: AISystem, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page of `system` shows to `by` at `at`."""
    live = lives(system=system, by=by, at=at)
    in_force = specs.in_force(system=system)
    approvals = [a for row in live for a in ([row.approval] if row.approval else []) + list(row.ready)]
    opened = list(selectors.candidates(by=by, system=system).filter(state="open"))
    draft = specs.working_draft(system=system)
    may_open = can(policies.check_can_open, by=by, system=system, at=at)
    deliberated = deliberations.deliberations(by=by, system=system)[:10]
    newest = log.newest([f"specification:{system.key}", *(f"deliberation:{row.pk}" for row in deliberated)])
    incidents = list(monitoring.standing_incidents(by=by, system=system))
    claims = list(monitoring.standing_claims(by=by, system=system))
    leaves = [a.leaf_id for a in approvals] + [line.entry.leaf_id for line in newest.values()]
    leaves += [row.promotion.leaf_id for row in live if row.promotion]
    leaves += [row.leaf_id for row in incidents] + [claim.leaf_id for claim in claims]
    leaves += [mark.leaf_id for row in live for mark in row.marks]
    return {
        "system": system,
        "roles": systems.roles_of(by=by, system=system, at=at),
        "lives": live,
        "models": system.registered_models.order_by("name").values_list("name", flat=True),
        "servers": monitoring.servers(systems=[system], at=at),
        "incidents": incidents,
        "claims": claims,
        "open": [shown(candidate, at=at) for candidate in opened],
        "judged": _judged(system=system, opened=opened if may_open else None, by=by, at=at),
        "in_force": in_force,
        "draft": draft,
        "groups": systems.current_groups(system=system),
        "deliberations": [(row, newest.get(f"deliberation:{row.pk}")) for row in deliberated],
        "drafted": newest.get(f"specification:{system.key}"),
        "past": selectors.candidates(by=by, system=system).exclude(state="open")[:10],
        "marks": audit.marks(leaves + ([in_force.leaf_id] if in_force else [])),
        "may": {
            "open": may_open,
            "draft": can(specs_policies.check_can_draft, by=by, system=system, at=at),
            "prepare": draft is not None
            and draft.state == "draft"
            and can(deliberation_policies.check_can_prepare, by=by, system=system, at=at),
        },
    }


def shown(candidate: ReleaseCandidate, *, at: datetime) -> OpenShown:
    """Return a candidate with how it stands."""
    revision = selectors.newest_revision(candidate)
    standing = selectors.standing_of(revision, at=at)
    return OpenShown(candidate, candidates.state(candidate, revision=revision, standing=standing))


def lives(*, system: AISystem, by: User, at: datetime) -> list[LiveShown]:
    """Return what is live in each context of the system."""
    live = monitoring.live(system=system)
    promotions = {
        (p.context_key, p.registered_model_id): p for p in monitoring.standing_promotions(by=by, system=system)
    }
    marks = list(monitoring.standing_marks(by=by, system=system))
    active = list(selectors.approvals(by=by, system=system).filter(state="active", valid_until__gt=at))
    rows: list[LiveShown] = []
    for context in system.contexts.order_by("key"):
        shown = [
            LiveShown(context, seen, _held(seen, at=at), promotions.get((context.key, seen.registered_model_id)))
            for seen in live
            if seen.context_key == context.key
        ] or [LiveShown(context, None, None, None)]
        held = [row.approval for row in shown]
        ready = tuple(a for a in active if a.context_key == context.key and a not in held)
        here = tuple(mark for mark in marks if mark.context_key == context.key)
        rows += [*shown[:-1], replace(shown[-1], ready=ready, marks=here)]
    return rows


def _held(seen: Deployment, *, at: datetime) -> Approval | None:
    return selectors.holding(system=seen.system, version=seen.model_version, context_key=seen.context_key, at=at)


def _judged(*, system: AISystem, opened: list[ReleaseCandidate] | None, by: User, at: datetime) -> list[JudgedShown]:
    """Return the newest reports; `opened` are the open candidates where the reader may open another, else None."""
    reports = list(gates.latest_reports(system=system, by=by))
    last = evidence.last_read(versions=[report.model_version for report in reports])
    return [
        JudgedShown(
            report=report,
            is_ready=opened is not None and _may_be_opened(report, opened, at=at),
            read_since=read if (read := last.get(report.model_version_id)) and read > report.judged_at else None,
        )
        for report in reports
    ]


def _may_be_opened(report: GateReport, opened: list[ReleaseCandidate], *, at: datetime) -> bool:
    """Say whether a candidate can rest on the report: none is open for the same, and it is judged as things are now."""
    if (report.model_version_id, report.context_key) in {(c.model_version_id, c.context_key) for c in opened}:
        return False
    about: dict[str, Any] = {"version": report.model_version, "context_key": report.context_key, "at": at}
    return can(dossier.basis, system=report.system, **about)
