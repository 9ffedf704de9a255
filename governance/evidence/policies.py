"""Who registers checkpoints and brings in evidence."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.errors import Conflict, NotAllowedNow
from governance.evidence.models import Checkpoint
from governance.systems.models import AISystem
from governance.systems.policies import check_permission
from lineage.models import ModelVersion


def check_can_register(*, by: User, system: AISystem, version: ModelVersion, at: datetime) -> None:
    """Engineers register a version whose files Edgewise could hash."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
    if not version.digest:
        raise NotAllowedNow(f"The files of {version.uri} have not been hashed yet.", code="digest-missing")


def check_same_bytes(*, checkpoint: Checkpoint, version: ModelVersion) -> None:
    """The same name and version with other bytes is an integrity incident, never a new registration."""
    if checkpoint.digest != version.digest:
        raise Conflict(
            f"{version.uri} was registered with the bytes {checkpoint.digest[:12]} and has {version.digest[:12]} now.",
            code="integrity-conflict",
        )


def check_can_read_evidence(*, by: User, system: AISystem, at: datetime) -> None:
    """Engineers bring in evidence."""
    check_permission(by=by, permission="checkpoint.register", system=system, at=at)
