"""What a snapshot says, as the fields of its row: the one place that names both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lineage.snapshots import LoggedModelSnapshot, RegisteredModelSnapshot, RunSnapshot, VersionSnapshot

FOREVER_MS = 253_402_300_799_000
"""The last second that a date can hold, in milliseconds."""


def of_model(snapshot: RegisteredModelSnapshot) -> dict[str, Any]:
    """Return the fields of a registered model."""
    return {"description": snapshot.description, "tags": snapshot.tags, "is_hidden": snapshot.is_hidden}


def of_version(snapshot: VersionSnapshot) -> dict[str, Any]:
    """Return the fields of a version."""
    return {
        "source_run_id": snapshot.run_id,
        "source": snapshot.source,
        "status": snapshot.status,
        "stage": snapshot.current_stage,
        "description": snapshot.description,
        "tags": snapshot.tags,
        "is_hidden": snapshot.is_hidden,
        "is_prompt": snapshot.is_prompt,
    }


def of_run(snapshot: RunSnapshot) -> dict[str, Any]:
    """Return the fields of a run."""
    tags = snapshot.tags
    return {
        "parent_run_id": snapshot.parent_run_id,
        "experiment_id": snapshot.experiment_id,
        "name": snapshot.run_name,
        "user": (snapshot.user_id or tags.get("mlflow.user", ""))[:256],
        "status": snapshot.status,
        "started_at": _moment(snapshot.start_time),
        "ended_at": _moment(snapshot.end_time),
        "source_name": tags.get("mlflow.source.name", ""),
        "git_commit": tags.get("mlflow.source.git.commit", "")[:128],
        "git_repository": tags.get("mlflow.source.git.repoURL", ""),
        "artifact_uri": snapshot.artifact_uri,
        "tags": tags,
        "params": snapshot.params,
        "metrics": snapshot.metrics,
    }


def of_logged_model(snapshot: LoggedModelSnapshot) -> dict[str, Any]:
    """Return the fields of a logged model."""
    return {
        "experiment_id": snapshot.experiment_id,
        "name": snapshot.name,
        "source_run_id": snapshot.source_run_id,
        "artifact_uri": snapshot.artifact_uri,
        "status": snapshot.status,
        "model_type": snapshot.model_type,
        "created_ms": snapshot.creation_timestamp_ms,
        "is_external": snapshot.is_external,
        "tags": snapshot.tags,
        "params": snapshot.params,
        "metrics": [metric.model_dump() for metric in snapshot.metrics],
    }


def _moment(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(min(milliseconds, FOREVER_MS) / 1000, UTC) if milliseconds else None
