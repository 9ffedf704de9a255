"""What is live in each context, model by model, and what is live without an approval: a part of judging."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.approvals import selectors as approvals
from governance.audit import services as audit
from governance.monitoring import events
from governance.monitoring.models import Deployment, OutOfBandPromotion
from governance.monitoring.states import PromotionState
from governance.systems.models import AISystem, DeploymentContext, RegisteredModelLink
from lineage import selectors as lineage
from lineage.models import ModelVersion, TrackingServer


def judge(*, system: AISystem, by: User, at: datetime) -> None:
    """Record what is live in each context of `system`, and raise or resolve promotions."""
    connected = {server.key: server for server in TrackingServer.objects.all()}
    for link in system.registered_models.filter(server_key__in=connected).order_by("pk"):
        aliases = lineage.alias_state(server=connected[link.server_key], model=link.name)
        for context in system.contexts.order_by("key"):
            _judge(context, link, aliases.get(context.live_alias), by=by, at=at)


def _judge(
    context: DeploymentContext, link: RegisteredModelLink, version: ModelVersion | None, *, by: User, at: datetime
) -> None:
    before = _see(context, link, version, by=by, at=at)
    unmet = _unmet(context, version, at=at)
    open_ones = context.system.promotions.filter(context_key=context.key, state=PromotionState.OPEN)
    standing = open_ones.filter(**_of(link)).first()
    if standing is not None and (not unmet or standing.model_version_id != (version and version.pk)):
        _resolve(standing, because=_resolved_because(version, unmet), by=by, at=at)
        standing = None
    if version is not None and unmet and standing is None:
        _raise(context, version, before=before, unmet=unmet, by=by, at=at)


def _resolved_because(version: ModelVersion | None, unmet: list[dict[str, str]]) -> str:
    if version is None:
        return "No version is live now."
    return "Another version is live now." if unmet else "The version that is live now is approved."


def _see(
    context: DeploymentContext, link: RegisteredModelLink, version: ModelVersion | None, *, by: User, at: datetime
) -> ModelVersion | None:
    """Record which version of the model is live, if that changed; return the one before."""
    seen = context.system.deployments.filter(context_key=context.key, **_of(link)).select_related("model_version")
    running = seen.filter(until__isnull=True).first()
    if (running.model_version if running else None) == version:
        last = seen.filter(until__isnull=False).order_by("-until").first()
        return last.model_version if last else None
    if running is not None:
        running.until = at
        running.save(update_fields=["until"])
    if version is not None:
        Deployment.objects.create(
            system=context.system,
            context_key=context.key,
            registered_model=version.registered_model,
            model_version=version,
            since=at,
        )
    event = events.DeploymentSeen(
        subject=_id(context),
        context=context.key,
        alias=context.live_alias,
        model=version.uri if version else "",
        before=running.model_version.uri if running else "",
    )
    audit.record(event=event, actor=by.actor, system=context.system.key, at=at)
    return running.model_version if running else None


def _of(link: RegisteredModelLink) -> dict[str, str]:
    # By name, since a name that was deleted and created again is another row.
    return {"registered_model__server__key": link.server_key, "registered_model__name": link.name}


def _unmet(context: DeploymentContext, version: ModelVersion | None, *, at: datetime) -> list[dict[str, str]]:
    if version is None:
        return []
    answer = approvals.check(
        version=version, context_key=context.key, digest=version.digest, system=context.system, at=at, quoting=False
    )
    return [{"key": requirement.key, "sentence": requirement.sentence} for requirement in answer.unmet]


def _raise(
    context: DeploymentContext,
    version: ModelVersion,
    *,
    before: ModelVersion | None,
    unmet: list[dict[str, str]],
    by: User,
    at: datetime,
) -> None:
    event = events.PromotionFound(
        subject=_id(context),
        context=context.key,
        alias=context.live_alias,
        model=version.uri,
        artifact=version.digest,
        before=before.uri if before else "",
    )
    leaf = audit.record(event=event, actor=by.actor, system=context.system.key, at=at)
    OutOfBandPromotion.objects.create(
        system=context.system,
        context_key=context.key,
        alias=context.live_alias,
        registered_model=version.registered_model,
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
        model=promotion.model_version.uri,
        because=because,
    )
    audit.record(event=event, actor=by.actor, system=promotion.system.key, at=at)


def _id(context: DeploymentContext) -> str:
    return f"context:{context.system.key}:{context.key}"
