"""What the registry said before and says no more: rows that are only added, and the state as it was known at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from lineage.models import ModelVersion, RegisteredModel, StateChange, SyncReport

What = StateChange.What
KEPT = {"description": What.DESCRIPTION, "stage": What.STAGE, "status": What.STATUS, "source": What.SOURCE}
THERE = "there"


@dataclass(frozen=True, kw_only=True)
class State:
    """What was known of a registered model or a version at a time; a model has neither stage, status nor source."""

    name: str
    exists: bool
    description: str
    tags: dict[str, str]
    stage: str = ""
    status: str = ""
    source: str = ""


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[What, str, str | None, str | None]]:
    """Yield what, key, before and after of all that two sets of fields (see `lineage.told`) say differently."""
    for field, what in KEPT.items():
        if field in after and before[field] != after[field]:
            yield what, "", before[field], after[field]
    old, new = before["tags"], after["tags"]
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield What.TAG, key, old.get(key), new.get(key)


def note(
    thing: RegisteredModel | ModelVersion, after: Mapping[str, Any], *, report: SyncReport | None, at: datetime
) -> list[StateChange]:
    """Record how `after` differs from what the row of a model or a version says, before it is overwritten."""
    before = {field: getattr(thing, field) for field in after}
    found = list(differences(before, after))
    if thing.vanished_at is not None:
        found.append((What.EXISTENCE, "", None, THERE))
    about = _about(thing) | {"report": report, "seen_at": at}
    return StateChange.objects.bulk_create(
        StateChange(what=what, key=key, before=old, after=new, **about) for what, key, old, new in found
    )


def note_gone(things: QuerySet[Any], *, report: SyncReport | None, at: datetime) -> None:
    """Record that models or versions are no longer there."""
    gone = {"what": What.EXISTENCE, "before": THERE, "after": None, "report": report, "seen_at": at}
    StateChange.objects.bulk_create(StateChange(**_about(thing), **gone) for thing in things)


def note_renamed(report: SyncReport, *, at: datetime) -> None:
    """Record which of the models that are new to the mirror, or came back, are those that vanished under another name:
    MLflow keeps the times of their making, of all their versions too."""
    returned = StateChange.objects.filter(report=report, what=What.EXISTENCE, after=THERE, version=None)
    arrived = Q(first_seen_at=at) | Q(pk__in=returned.values("registered_model"))
    for gone in RegisteredModel.objects.filter(vanished_in=report):
        others = RegisteredModel.objects.filter(
            arrived, server=gone.server, created_ms=gone.created_ms, vanished_at=None
        )
        same = [other for other in others.exclude(pk=gone.pk) if _made(other) == _made(gone)]
        if len(same) == 1:
            names = {"before": gone.name, "after": same[0].name}
            StateChange.objects.create(registered_model=gone, report=report, what=What.NAME, seen_at=at, **names)


def changes(thing: RegisteredModel | ModelVersion) -> QuerySet[StateChange]:
    """Return what was seen to change of a model (not of its versions) or of a version, in the order it was seen."""
    return StateChange.objects.filter(**_about(thing)).order_by("pk")


def as_known_at(thing: RegisteredModel | ModelVersion, *, at: datetime) -> State | None:
    """Return what was known of a model or version at the time `at`; None where it was not known yet."""
    if thing.first_seen_at > at:
        return None
    fields: dict[str, Any] = {"description": thing.description, "tags": dict(thing.tags)}
    if isinstance(thing, ModelVersion):
        fields |= {"stage": thing.stage, "status": thing.status, "source": thing.source}
    exists = thing.vanished_at is None
    for change in changes(thing).filter(Q(seen_at__gt=at)).reverse().defer("after").iterator():
        if change.what == What.EXISTENCE:
            exists = change.before is not None
        elif change.what == What.TAG:
            _undo(fields["tags"], change)
        elif change.what != What.NAME:
            fields[change.what] = change.before or ""
    return State(name=thing.name, exists=exists, **fields)


def _undo(tags: dict[str, str], change: StateChange) -> None:
    if change.before is None:
        tags.pop(change.key, None)
    else:
        tags[change.key] = change.before


def _about(thing: RegisteredModel | ModelVersion) -> dict[str, Any]:
    if isinstance(thing, ModelVersion):
        return {"registered_model_id": thing.registered_model_id, "version_id": thing.pk}
    return {"registered_model_id": thing.pk, "version_id": None}


def _made(model: RegisteredModel) -> set[tuple[str, int]]:
    return set(model.versions.values_list("version", "created_ms"))
