"""What the page of a system's evidence shows: each evaluation, how it was read, and what its cases come to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from frontend import figures
from frontend.forms.evidence import EvidenceForm
from governance.accounts.models import User
from governance.audit import selectors as audit
from governance.evidence import policies, selectors
from governance.evidence.formats.table import MOST_AT_ONCE
from governance.evidence.models import EvaluationRun, Observation
from governance.evidence.uploads import OPEN
from governance.systems.models import AISystem
from governance.systems.policies import can

SHOWN = 20
"""Evaluations on one page, newest first."""
UPLOADS_SHOWN = 5


def models(system: AISystem) -> list[str]:
    """Return the URI of each version that is registered for a system, newest first."""
    return [checkpoint.model_version.uri for checkpoint in selectors.checkpoints(system=system)]


def content(*, system: AISystem, by: User, at: datetime, model: str = "") -> dict[str, Any]:
    """Return everything that the page shows, of one version alone where `model` names one."""
    known = models(system)
    rows = [row for row in selectors.evaluations_of(system=system) if not model or row.model_version.uri == model]
    return {
        "system": system,
        "models": known,
        "model": model,
        "shown": [_shown(row) for row in rows[:SHOWN]],
        "left": max(len(rows) - SHOWN, 0),
        "may_upload": bool(known) and can(policies.check_can_read_evidence, by=by, system=system, at=at),
        "may_download": can(policies.check_can_read_file, by=by, system=system, at=at),
        "form": EvidenceForm(models=known, initial={"model": model}),
        "most": MOST_AT_ONCE,
        **on_their_way(system=system, by=by, at=at),
        "marks": audit.marks([row.leaf_id for row in rows[:SHOWN]]),
    }


def on_their_way(*, system: AISystem, by: User, at: datetime) -> dict[str, Any]:
    """Return the newest large files that were sent, for whoever may read the files themselves; `moving` says whether
    one of them has not ended yet."""
    may_read = can(policies.check_can_read_file, by=by, system=system, at=at)
    uploads = list(selectors.uploads_of(system=system)[:UPLOADS_SHOWN]) if may_read else []
    return {"system": system, "uploads": uploads, "moving": any(row.state in OPEN for row in uploads)}


def _shown(row: EvaluationRun) -> dict[str, Any]:
    mapping = {name: part for name, part in row.file["mapping"].items() if part not in ("", {}, None)}
    return {
        "row": row,
        "evaluator": selectors.evaluator_of(row),
        "mapping": [(name, _said(part)) for name, part in mapping.items()],
        "contexts": _by_context(row),
    }


def _by_context(row: EvaluationRun) -> list[dict[str, Any]]:
    observed = list(row.observations.order_by("context_key", "pk"))
    keys = {observation.context_key for observation in observed} | {signal["context"] for signal in row.signals}
    return [
        {
            "key": key,
            "figures": [_figure(observation) for observation in observed if observation.context_key == key],
            "signals": [signal for signal in row.signals if signal["context"] == key],
        }
        for key in sorted(keys)
    ]


def _said(part: str | Mapping[str, str]) -> str:
    return part if isinstance(part, str) else ", ".join(f"{name}: {column}" for name, column in part.items())


def _figure(found: Observation) -> dict[str, Any]:
    document = found.document
    bounds = [figures.figure(document[end]) for end in ("low", "high")] if document["low"] is not None else []
    return {"found": found, "estimate": figures.figure(found.estimate), "bounds": bounds}
