"""What the form of a new deliberation begins with: the question whether to adopt the working draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend.forms.deliberation import PrepareForm
from governance.accounts.models import User
from governance.deliberation import policies
from governance.specs import selectors as specs
from governance.specs.policies import ADOPT
from governance.systems import selectors as systems
from governance.systems.models import AISystem


def content(*, system: AISystem, by: User, at: datetime) -> dict[str, Any]:
    """Return the form; raise NotPermitted for those who prepare no deliberations here."""
    policies.check_can_prepare(by=by, system=system, at=at)
    line = specs.working_draft(system=system)
    seats = groups(system)
    initial = {
        "subject": f"specification:{system.key}",
        "subject_digest": line.draft_digest if line else "",
        "question": f"Shall the specification of {system.name} be adopted?",
        "options": f"{ADOPT}: Adopt it\nrevise: Send it back",
        "seated_groups": [key for key, _ in seats],
        "rule": "majority",
        "quorum": len(seats),
        "group_quorum": 1,
        "smallest_group": 5,
    }
    return {"system": system, "draft": line, "form": PrepareForm(initial=initial).seat(seats)}


def groups(system: AISystem) -> list[tuple[str, str]]:
    """Return the groups that may have seats, as pairs of key and name."""
    return [(group.key, group.name) for group in systems.current_groups(system=system)]


def proposer(system: AISystem, *, by: User) -> User:
    """Return whose proposal the question is: that of the draft's author, or else of whoever prepares it."""
    line = specs.working_draft(system=system)
    return line.drafter if line else by
