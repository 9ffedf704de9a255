"""When MLflow itself says that something changed: by the time in a webhook's delivery, for what it calls about at all.

A hint names the model and the kind of the event, no tag and no alias. It tells of a change that was seen by the very
reading that took it; of several the newest counts. What nobody called about says nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lineage.hints import Hint
from lineage.models import AliasChange, ModelVersion, RegisteredModel, StateChange
from lineage.told import FOREVER_MS

Kind = tuple[str, bool]
"""What changed, and whether it is there now."""
Key = tuple[int, str, datetime | None, Kind]
"""A server's row id, a model's name, when it was read, and what changed."""
ALIAS, VERSION_TAG, MODEL_TAG = "alias", "tag of a version", "tag of a model"
ENTITIES = {
    "model_version_alias": ALIAS,
    "model_version_tag": VERSION_TAG,
    # A model that somebody tagged as a prompt tells of itself as one.
    "prompt_alias": ALIAS,
    "prompt_version_tag": VERSION_TAG,
    "prompt_tag": MODEL_TAG,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What hints said of some changes."""

    times: dict[Key, datetime]

    @classmethod
    def about(cls, rows: Collection[AliasChange | StateChange]) -> Said:
        """Return what the hints said that were taken when `rows` were seen, with one query."""
        seen = {row.seen_at for row in rows}
        names = {row.registered_model.name for row in rows}
        found = Hint.objects.filter(
            server__in={row.registered_model.server_id for row in rows}, model__in=names, taken_at__in=seen
        )
        told = found.order_by("said_at").values_list("server_id", "model", "taken_at", "event", "said_at")
        return cls({(server, model, taken_at, _kind(event)): at for server, model, taken_at, event, at in told})

    def at(self, row: Any) -> datetime | None:
        """Return when MLflow says that what `row` tells of happened."""
        if isinstance(row, ModelVersion | RegisteredModel):
            return made_at(row)
        model = row.registered_model
        return self.times.get((model.server_id, model.name, row.seen_at, _kind_of(row)))


def made_at(thing: RegisteredModel | ModelVersion) -> datetime | None:
    """Return when MLflow says that a model or a version was made."""
    return datetime.fromtimestamp(min(thing.created_ms, FOREVER_MS) / 1000, UTC) if thing.created_ms > 0 else None


def _kind(event: str) -> Kind:
    entity, _, action = event.partition(".")
    return ENTITIES.get(entity, entity), action != "deleted"


def _kind_of(row: Any) -> Kind:
    if isinstance(row, AliasChange):
        return ALIAS, row.after_id is not None
    if row.what == StateChange.What.TAG:
        return VERSION_TAG if row.version_id else MODEL_TAG, row.after_start is not None
    return row.what, True
