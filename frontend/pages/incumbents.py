"""What serves a candidate's context today."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import User
from governance.approvals import selectors
from governance.approvals.models import Approval, ReleaseCandidate
from governance.monitoring import selectors as monitoring


def approval(*, candidate: ReleaseCandidate, by: User, at: datetime) -> Approval | None:
    """Return the approval that the gate compared the candidate with; where it compared with none, that of what is live
    in the candidate's context, or else the newest other one that is active."""
    compared = selectors.newest_revision(candidate).report.incumbent_digest
    if compared:
        alike = selectors.approvals(by=by, system=candidate.system).filter(artifact_digest=compared)
        return alike.filter(context_key=candidate.context_key).first()
    active = selectors.approvals(by=by, system=candidate.system).filter(
        context_key=candidate.context_key, state="active", valid_until__gt=at
    )
    seen = [row for row in monitoring.live(system=candidate.system) if row.context_key == candidate.context_key]
    live = active.filter(model_version__in=[row.model_version_id for row in seen]).first()
    found = live or active.exclude(decision__revision__candidate=candidate).first()
    return None if found is None or found.decision.revision.candidate_id == candidate.pk else found
