"""What people agree on before any model is trained: the specification, and what its metrics say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone
from ruamel.yaml import YAML

from governance.accounts.models import User
from governance.deliberation import services as deliberation
from governance.deliberation.models import Deliberation
from governance.specs import selectors as specs
from governance.specs import services as specifications
from governance.specs.models import SpecificationVersion
from governance.systems.models import AISystem

HERE = Path(__file__).parent
SYSTEM = "outreach"
VOTERS = ("rita", "pat", "pia", "gus", "gil", "gwen", "lou", "liv", "leo")
"""Three of each seated group: with fewer, its tally is not shown, lest it give a ballot away."""


def person(name: str) -> User:
    """Return one of the demonstration's people by first name, or the service account of that name."""
    return User.objects.get(email=f"{name}@example.org") if name.islower() else User.objects.get(name=name)


def approve_sheets() -> set[str]:
    """Let the steward write the sheet of each metric, and a board member approve it; return whose is approved."""
    sheets = YAML(typ="safe", pure=True).load(HERE / "sheets.yaml")
    for metric, answers in sheets.items():
        about = {"system_key": SYSTEM, "metric": metric}
        written = specifications.write_sheet(**about, answers=answers, by=person("sam"), at=timezone.now())
        if not written.is_approved:
            specifications.approve_sheet(**about, digest=written.digest, by=person("bo"), at=timezone.now())
    return set(specs.approved_sheets(system=AISystem.objects.get(key=SYSTEM), metrics=sheets))


def metrics() -> set[str]:
    """Return the metrics that the specification in force asks for."""
    version = specs.require_in_force(system=AISystem.objects.get(key=SYSTEM))
    return {criterion.metric for dimension in version.parsed().dimensions for criterion in dimension.criteria}


def deliberate() -> SpecificationVersion:
    """Draft the specification, let three groups vote on it and one person dissent, and ratify it."""
    sam, fay, at = person("sam"), person("fay"), timezone.now()
    text = (HERE / "specification.yaml").read_text()
    begun = specs.working_draft(system=AISystem.objects.get(key=SYSTEM))
    replaces = begun.draft_digest if begun else ""
    draft = specifications.save_draft(system_key=SYSTEM, text=text, replaces=replaces, by=sam, at=at)
    question = deliberation.prepare(
        system_key=SYSTEM,
        subject=f"specification:{SYSTEM}",
        subject_digest=draft.draft_digest,
        question="Shall version 1.0.0 of the outreach specification be adopted?",
        framing="It fixes how often need may be missed, and how often people may be called for nothing, per group.",
        options=[
            {"key": "adopt", "text": "Adopt it as it stands"},
            {"key": "revise", "text": "Send it back to the steward"},
        ],
        seated_groups=["good-health", "limited", "poor-health"],
        rule="majority",
        quorum=9,
        group_quorum=3,
        smallest_group=3,
        proposer=sam,
        by=fay,
        at=at,
    )
    specifications.put_forward(system_key=SYSTEM, deliberation_id=question.pk, by=sam, at=at)
    _vote(question, fay, at=at)
    return specifications.ratify(system_key=SYSTEM, digest=draft.draft_digest, by=person("bo"), at=timezone.now())


def _vote(question: Deliberation, fay: User, *, at: datetime) -> None:
    deliberation.open_deliberation(deliberation_id=question.pk, by=fay, at=at)
    deliberation.open_voting(deliberation_id=question.pk, until=at + timedelta(days=7), by=fay, at=at)
    for name in VOTERS:
        wish = "revise" if name == "lou" else "adopt"
        deliberation.cast_ballot(deliberation_id=question.pk, ranking=[wish], by=person(name), at=timezone.now())
    deliberation.state_position(
        deliberation_id=question.pk,
        kind="dissent",
        text="Thirty-two in a hundred left in peace are too few for us, who are called for nothing more than anybody.",
        by=person("lou"),
        at=timezone.now(),
    )
    deliberation.decide(deliberation_id=question.pk, by=fay, at=timezone.now())
