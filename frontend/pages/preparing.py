"""What the form of a new deliberation begins with: the question whether to adopt the working draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend.forms.deliberation import PrepareForm
from governance.accounts.models import User
from governance.deliberation import policies
from governance.errors import NotFound
from governance.gates import selectors as gates
from governance.gates.models import GateReport
from governance.specs import selectors as specs
from governance.specs.policies import ADOPT
from governance.specs.states import DraftState
from governance.systems import selectors as systems
from governance.systems.models import AISystem

LONGEST_NUMBER = 18


def begin(*, system: AISystem, report: str, by: User, at: datetime) -> dict[str, Any]:
    """Return the form of a question about the report with this number, or about the draft when none is named."""
    if not report:
        return content(system=system, by=by, at=at)
    if not report.isdecimal() or len(report) > LONGEST_NUMBER:
        raise NotFound(f"There is no gate report {report} here.")
    return about_report(report=gates.report(report_id=int(report), by=by), by=by, at=at)


def about_report(*, report: GateReport, by: User, at: datetime) -> dict[str, Any]:
    """Return the form of the question that a gate report's routes ask; raise NotPermitted as `content` does."""
    policies.check_can_prepare(by=by, system=report.system, at=at)
    what = f"{report.model_version.name} {report.model_version.version} for {report.context_key}"
    initial = _usual(groups(report.system)) | {
        "subject": f"version:{report.model_version_id}",
        "subject_digest": report.digest,
        "question": f"Is what the gate found about {what} acceptable?",
        "framing": "\n".join(route.sentence for route in gates.open_routes(report)),
        "options": "accept: It is acceptable\nrefuse: It is not",
    }
    form = PrepareForm(initial=initial).seat(groups(report.system))
    return {"system": report.system, "about": f"the gate report on {what}", "form": form}


def content(*, system: AISystem, by: User, at: datetime) -> dict[str, Any]:
    """Return the form; raise NotPermitted for those who prepare no deliberations here."""
    policies.check_can_prepare(by=by, system=system, at=at)
    line = specs.working_draft(system=system)
    drafted = line if line and line.state != DraftState.RATIFIED else None
    seats = groups(system)
    initial = _usual(seats) | {
        "subject": f"specification:{system.key}",
        "subject_digest": drafted.draft_digest if drafted else "",
        "question": f"Shall the specification of {system.name} be adopted?",
        "options": f"{ADOPT}: Adopt it\nrevise: Send it back",
    }
    about = "the working draft as it is now" if drafted else ""
    return {"system": system, "about": about, "form": PrepareForm(initial=initial).seat(seats)}


def groups(system: AISystem) -> list[tuple[str, str]]:
    """Return the groups that may have seats, as pairs of key and name."""
    return [(group.key, group.name) for group in systems.current_groups(system=system)]


def proposer(system: AISystem, *, digest: str, by: User) -> User:
    """Return whose proposal the question about `digest` is: the draft's author's, or else whose who prepares it."""
    line = specs.working_draft(system=system)
    return line.drafter if line and line.draft_digest == digest else by


def _usual(seats: list[tuple[str, str]]) -> dict[str, Any]:
    rules = {"rule": "majority", "quorum": len(seats), "group_quorum": 1, "smallest_group": 5}
    return {"seated_groups": [key for key, _ in seats], **rules}
