"""Whether MLflow says of approvals what Edgewise had it say: a part of judging. Whatever else it says is recorded,
and MLflow is told the truth again."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.approvals import issuing, writing_back
from governance.approvals.writing_back import Difference
from governance.audit import services as audit
from governance.monitoring import events
from governance.monitoring.models import OutOfBandMark
from governance.monitoring.states import MarkState
from governance.systems.models import AISystem
from lineage.models import RegisteredModel

Key = tuple[str, int]


def judge(*, system: AISystem, by: User, at: datetime) -> None:
    """Compare aliases and tags of each of the system's models and contexts with what they have to be."""
    for model in _models(system):
        for context_key in system.contexts.order_by("key").values_list("key", flat=True):
            _judge(system, model, context_key, by=by, at=at)


def _judge(system: AISystem, model: RegisteredModel, context_key: str, *, by: User, at: datetime) -> None:
    found = {_key(d.kind, d.version.pk): d for d in writing_back.differences(model=model, context_key=context_key)}
    settled = writing_back.is_settled(model=model, context_key=context_key)
    open_ones = system.marks.filter(state=MarkState.OPEN, registered_model=model, context_key=context_key)
    for mark in open_ones.select_related("model_version__registered_model").order_by("pk"):
        key = _key(mark.kind, mark.model_version_id)
        now = found.get(key)
        if now is None:
            _resolve(mark, because="MLflow says again how things stand.", by=by, at=at)
        elif now.after == mark.after:
            del found[key]
            if settled:
                issuing.tell_again(system=system, version=now.version, context_key=context_key, at=at)
        elif settled or now.is_claim:
            _resolve(mark, because="MLflow says something else by now.", by=by, at=at)
        else:
            del found[key]
    for each in found.values():
        # What MLflow has yet to be told explains a difference, but no word about what was never approved.
        if settled or each.is_claim:
            _raise(system, context_key, each, by=by, at=at)


def _models(system: AISystem) -> list[RegisteredModel]:
    """Return the system's registered models as they are now, and those that are gone with a mark still open."""
    rows: list[RegisteredModel] = []
    for link in system.registered_models.order_by("pk"):
        named = RegisteredModel.objects.filter(server__key=link.server_key, name=link.name)
        marked = named.filter(vanished_at__isnull=False, marks__state=MarkState.OPEN)
        rows += [*named.filter(vanished_at=None), *marked.distinct()]
    return rows


def _key(kind: str, version_id: int) -> Key:
    """Return what tells marks of one model and context apart: there is one alias, and one tag for each version."""
    return kind, version_id if kind == "tag" else 0


def _raise(system: AISystem, context_key: str, found: Difference, *, by: User, at: datetime) -> None:
    event = events.MarkFound(
        subject=f"context:{system.key}:{context_key}",
        context=context_key,
        model=found.version.uri,
        kind=found.kind,
        key=found.key,
        before=found.before,
        after=found.after,
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    OutOfBandMark.objects.create(
        system=system,
        context_key=context_key,
        kind=found.kind,
        key=found.key,
        registered_model=found.version.registered_model,
        model_version=found.version,
        before=found.before,
        after=found.after,
        found_at=at,
        leaf_id=leaf,
    )
    issuing.tell_again(system=system, version=found.version, context_key=context_key, at=at)


def _resolve(mark: OutOfBandMark, *, because: str, by: User, at: datetime) -> None:
    mark.state, mark.resolved_at, mark.resolved_because = MarkState.RESOLVED, at, because
    mark.save(update_fields=["state", "resolved_at", "resolved_because"])
    event = events.MarkResolved(
        subject=f"context:{mark.system.key}:{mark.context_key}",
        context=mark.context_key,
        model=mark.model_version.uri,
        kind=mark.kind,
        because=because,
    )
    audit.record(event=event, actor=by.actor, system=mark.system.key, at=at)
