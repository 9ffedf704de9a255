"""The only writers of deployments and out-of-band promotions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance import actions
from governance.accounts.models import User
from governance.accounts.policies import check_administrator
from governance.approvals import selectors as approvals
from governance.audit import services as audit
from governance.errors import Invalid, Problem
from governance.monitoring import events, policies
from governance.monitoring.models import Deployment, OutOfBandPromotion, Synchronisation
from governance.monitoring.states import PromotionState
from governance.systems.models import AISystem, DeploymentContext
from governance.systems.services import locked_system
from lineage import selectors as lineage
from lineage import sync
from lineage.models import ModelVersion, SyncReport, TrackingServer
from lineage.transport import without_password


@actions.action(verb="monitoring.server.connect", permission=actions.ADMINISTRATOR)
def connect_server(*, key: str, url: str, by: User, at: datetime) -> TrackingServer:
    """Connect an MLflow tracking server under `key`, or move it to another address; nothing is asked of it yet."""
    check_administrator(by=by)
    if not url.startswith(("http://", "https://")):
        problem = Problem("url", f"“{url}” is no address of a web server.", "Write http://… or https://….")
        raise Invalid(str(problem), problems=(problem,))
    server = sync.connect(key=key, url=url)
    event = events.ServerConnected(subject=f"server:{key}", key=key, url=without_password(url))
    audit.record(event=event, actor=by.actor, at=at)
    return server


@actions.action(verb="monitoring.synchronisation.judge", permission=actions.MACHINE)
def judge_synchronisation(*, system_key: str, report: SyncReport, by: User, at: datetime) -> list[OutOfBandPromotion]:
    """Judge what the mirror shows as live in each context of a system after `report`; return what is out of band now.

    Doing it again for the same state records nothing anew.
    """
    system = locked_system(system_key)
    policies.check_can_watch(by=by)
    live = _live(system)
    for context in system.contexts.order_by("key"):
        version = _worst(system, context, live.get(context.live_alias, []), at=at)
        _judge_context(system, context, version, by=by, at=at)
    if not system.synchronisations.filter(report_id=report.pk).exists() and any(report.counts.values()):
        event = events.SynchronisationJudged(
            subject=f"report:{report.pk}", server=report.server.key, digest=report.digest
        )
        leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
        Synchronisation.objects.create(
            system=system, report_id=report.pk, report_digest=report.digest, judged_by=by, judged_at=at, leaf_id=leaf
        )
    return list(system.promotions.filter(state=PromotionState.OPEN).order_by("pk"))


def _live(system: AISystem) -> dict[str, list[ModelVersion]]:
    """Return the versions that each alias points to, over all of the system's registered models."""
    found: dict[str, list[ModelVersion]] = {}
    connected = {server.key: server for server in TrackingServer.objects.all()}
    for link in system.registered_models.filter(server_key__in=connected).order_by("pk"):
        for alias, version in lineage.alias_state(server=connected[link.server_key], model=link.name).items():
            found.setdefault(alias, []).append(version)
    return found


def _worst(
    system: AISystem, context: DeploymentContext, versions: list[ModelVersion], *, at: datetime
) -> ModelVersion | None:
    """Return the one to judge, where several models of the system are live: one that is not approved, if there is."""
    unapproved = (version for version in versions if _unmet(system, context, version, at=at))
    return next(unapproved, versions[0] if versions else None)


def _judge_context(
    system: AISystem, context: DeploymentContext, version: ModelVersion | None, *, by: User, at: datetime
) -> None:
    before = _see(system, context, version, by=by, at=at)
    unmet = _unmet(system, context, version, at=at)
    standing = system.promotions.filter(context_key=context.key, state=PromotionState.OPEN).first()
    if standing is not None and (not unmet or standing.model_version_id != (version and version.pk)):
        _resolve(standing, because=_resolved_because(version, unmet), by=by, at=at)
        standing = None
    if version is not None and unmet and standing is None:
        _raise(system, context, version, before=before, unmet=unmet, by=by, at=at)


def _resolved_because(version: ModelVersion | None, unmet: list[dict[str, str]]) -> str:
    if version is None:
        return "No version is live now."
    return "Another version is live now." if unmet else "The version that is live now is approved."


def _see(
    system: AISystem, context: DeploymentContext, version: ModelVersion | None, *, by: User, at: datetime
) -> ModelVersion | None:
    """Record which version is live, if that changed; return the one before."""
    running = system.deployments.filter(context_key=context.key, until__isnull=True).first()
    if (running.model_version if running else None) == version:
        last = system.deployments.filter(context_key=context.key, until__isnull=False).order_by("-until").first()
        return last.model_version if last else None
    if running is not None:
        running.until = at
        running.save(update_fields=["until"])
    if version is not None:
        Deployment.objects.create(system=system, context_key=context.key, model_version=version, since=at)
    event = events.DeploymentSeen(
        subject=_id(system, context),
        context=context.key,
        alias=context.live_alias,
        model=version.uri if version else "",
        before=running.model_version.uri if running else "",
    )
    _record(event, system=system, by=by, at=at)
    return running.model_version if running else None


def _unmet(
    system: AISystem, context: DeploymentContext, version: ModelVersion | None, *, at: datetime
) -> list[dict[str, str]]:
    if version is None:
        return []
    answer = approvals.check(
        version=version, context_key=context.key, digest=version.digest, system=system, at=at, quoting=False
    )
    return [{"key": requirement.key, "sentence": requirement.sentence} for requirement in answer.unmet]


def _raise(
    system: AISystem,
    context: DeploymentContext,
    version: ModelVersion,
    *,
    before: ModelVersion | None,
    unmet: list[dict[str, str]],
    by: User,
    at: datetime,
) -> None:
    event = events.PromotionFound(
        subject=_id(system, context),
        context=context.key,
        alias=context.live_alias,
        model=version.uri,
        artifact=version.digest,
        before=before.uri if before else "",
    )
    leaf = _record(event, system=system, by=by, at=at)
    OutOfBandPromotion.objects.create(
        system=system,
        context_key=context.key,
        alias=context.live_alias,
        model_version=version,
        before=before,
        unmet=unmet,
        found_at=at,
        leaf_id=leaf,
    )


def _resolve(promotion: OutOfBandPromotion, *, because: str, by: User, at: datetime) -> None:
    promotion.state, promotion.resolved_at, promotion.resolved_because = PromotionState.RESOLVED, at, because
    promotion.save(update_fields=["state", "resolved_at", "resolved_because"])
    event = events.PromotionResolved(
        subject=f"context:{promotion.system.key}:{promotion.context_key}",
        context=promotion.context_key,
        because=because,
    )
    _record(event, system=promotion.system, by=by, at=at)


def _id(system: AISystem, context: DeploymentContext) -> str:
    return f"context:{system.key}:{context.key}"


def _record(event: Any, *, system: AISystem, by: User, at: datetime) -> int:
    return audit.record(event=event, actor=by.actor, system=system.key, at=at)
