"""Versions of a system's models whose files came from another model, as MLflow says it: copied by its own call, or
registered by pointing at another's files. From which model they came is named where the system governs that one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from governance.evidence import sight
from governance.evidence.sight import Name
from lineage.models import ModelVersion

OUTSIDE = "a model that this system does not govern"
"""Stands for one that another system governs, or none: its name may be nothing that readers of this one may see."""
_FILES_OF = re.compile(r"/models/(m-[0-9a-zA-Z]+)/artifacts(?:/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """`version` has its files from `origin`, which is None where it is gone or was never registered for the system;
    `of` says in words from what."""

    version: ModelVersion
    origin: ModelVersion | None
    of: str


def copies(rows: QuerySet[ModelVersion], *, names: Collection[Name]) -> Iterator[Copy]:
    """Yield which of the versions `rows`, all of the registered models `names`, came from another model."""
    told = rows.exclude(source__regex=r"^models:/m-[0-9a-zA-Z]+$").exclude(source="")
    for version in told.select_related("copied_from__registered_model__server"):
        found = _of_a_version(version, names) if version.source.startswith("models:/") else _of_files(version, names)
        if found is not None:
            yield found


def _of_a_version(version: ModelVersion, names: Collection[Name]) -> Copy | None:
    """Return a copy by MLflow's own call, as `models:/NAME/VERSION` says it, also where that is gone by now."""
    origin, name = version.copied_from, sight.origin(version.source)
    if (origin.registered_model_id == version.registered_model_id) if origin else name == version.name:
        return None
    is_ours = (version.server.key, name) in names
    return Copy(version=version, origin=origin if is_ours else None, of=version.source if is_ours else OUTSIDE)


def _of_files(version: ModelVersion, names: Collection[Name]) -> Copy | None:
    """Return a version that lies in the folder of a logged model without being its registration."""
    folder = _FILES_OF.search(version.source)
    if folder is None:
        return None
    holders = ModelVersion.objects.filter(
        registered_model__server=version.registered_model.server_id, logged_model__model_id=folder[1], vanished_at=None
    ).select_related("registered_model__server")
    governed = [holder for holder in holders.order_by("pk") if _place(holder) in names]
    if any(holder.registered_model_id == version.registered_model_id for holder in governed):
        return None
    origin = governed[0] if governed else None
    return Copy(version=version, origin=origin, of=origin.uri if origin else OUTSIDE)


def _place(version: ModelVersion) -> Name:
    return version.server.key, version.name
