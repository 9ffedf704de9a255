"""The gate, asked with what serves the context today: gates knows no approvals, so they are looked up here."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.models import User
from governance.approvals.models import Approval
from governance.approvals.states import ApprovalState
from governance.gates import services as gates
from governance.gates.models import GateReport
from governance.systems.services import locked_system
from lineage.models import ModelVersion


@transaction.atomic
def judge(*, system_key: str, version: ModelVersion, context_key: str, by: User, at: datetime) -> GateReport:
    """Let the gate judge a version against what is approved in the context at `at`; see `gates.services.judge`."""
    locked_system(system_key)
    standing = incumbent(system_key=system_key, version=version, context_key=context_key, at=at)
    return gates.judge(
        system_key=system_key,
        version=version,
        context_key=context_key,
        incumbent=standing.model_version if standing else None,
        by=by,
        at=at,
    )


def incumbent(*, system_key: str, version: ModelVersion, context_key: str, at: datetime) -> Approval | None:
    """Return the newest approval of other bytes than the version's that is active in the context at `at`."""
    active = Approval.objects.filter(system__key=system_key, context_key=context_key, state=ApprovalState.ACTIVE)
    others = active.filter(valid_until__gt=at).exclude(artifact_digest=version.digest)
    return others.select_related("model_version").order_by("-pk").first()


def compared_with_another(report: GateReport, standing: Approval | None) -> bool:
    """Say whether the gate compared a version with something else than serves its context by `standing`: what a release
    takes from whom is told against what it replaces."""
    given = report.content()["inputs"]["incumbent"]
    if standing is None or given is None:
        return (standing is None) != (given is None)
    return bool(given) and report.incumbent_digest != standing.artifact_digest
