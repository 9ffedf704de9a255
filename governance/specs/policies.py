"""Who may draft, put forward and ratify, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from governance.accounts.models import User
from governance.audit.models import Leaf
from governance.deliberation.models import Deliberation
from governance.deliberation.states import DeliberationState
from governance.errors import Conflict, NotAllowedNow, NotPermitted
from governance.specs.changes import Change
from governance.specs.document import Specification
from governance.specs.events import SpecificationDrafted
from governance.specs.models import MetricSheet, SpecificationVersion, ValueSpecification
from governance.specs.states import DraftState
from governance.systems.models import AISystem
from governance.systems.policies import check_permission

ADOPT = "adopt"
"""The key of the option whose win lets a specification be ratified."""


def check_can_draft(*, by: User, system: AISystem, at: datetime) -> None:
    """Stewards draft, and put drafts forward."""
    check_permission(by=by, permission="specification.draft", system=system, at=at)


def check_can_put_forward(*, specification: ValueSpecification, deliberation: Deliberation) -> None:
    """A draft is put up for a deliberation about exactly this draft that offers to adopt it."""
    if specification.state != DraftState.DRAFT:
        raise NotAllowedNow(f"Only a draft is put forward; this specification is {specification.state}.")
    if deliberation.subject_digest != specification.draft_digest:
        raise Conflict("That deliberation is about something else, or about an earlier draft.")
    if deliberation.state not in (DeliberationState.DRAFT, DeliberationState.OPEN):
        raise NotAllowedNow(f"That deliberation is {deliberation.state}; a draft is put forward before the vote.")
    if deliberation.proposer_id != specification.drafter_id:
        raise Conflict("That deliberation names somebody else than the drafter as its proposer.")
    if ADOPT not in {option["key"] for option in deliberation.options}:
        raise Conflict(f"That deliberation has no option “{ADOPT}”.")


def drafters(specification: ValueSpecification) -> set[str]:
    """Return the opaque ids of all who wrote on the draft since the newest ratified version."""
    newest = specification.versions.order_by("-pk").first()
    saved = Leaf.objects.filter(subject=f"specification:{specification.system.key}", type=SpecificationDrafted.type)
    return set(saved.filter(pk__gt=newest.leaf_id if newest else 0).values_list("actor", flat=True))


def check_can_ratify(*, by: User, specification: ValueSpecification, at: datetime) -> None:
    """A board member other than the drafter ratifies what a decided deliberation adopted, unchanged since."""
    check_permission(by=by, permission="specification.ratify", system=specification.system, at=at)
    if by.actor in drafters(specification):
        raise NotPermitted("Nobody ratifies their own draft; another board member has to.")
    if specification.state != DraftState.DELIBERATING or specification.deliberation is None:
        raise NotAllowedNow(f"Only a deliberated draft is ratified; this specification is {specification.state}.")
    deliberation = specification.deliberation
    if deliberation.state not in (DeliberationState.DECIDED, DeliberationState.CLOSED):
        raise NotAllowedNow(f"Its deliberation is not decided yet: it is {deliberation.state}.")
    if deliberation.subject_digest != specification.draft_digest:
        raise Conflict("The draft changed after it was put forward. Deliberate the new draft.")
    outcome = deliberation.outcome
    if outcome.winner != ADOPT or not outcome.document["quorate"]:
        raise NotAllowedNow("Its deliberation did not adopt it with a quorum.")


def check_says(*, text_digest: str, specification: ValueSpecification) -> None:
    """The draft's text still says what its digest, which was deliberated, stands for."""
    if text_digest != specification.draft_digest:
        raise Conflict("The draft's text says something else than what was deliberated. Save it anew.")


def check_groups_stand(*, specification: ValueSpecification, keys: set[str]) -> None:
    """The groups `keys` are those that were deliberated: none was declared anew after the question was prepared."""
    deliberation = specification.deliberation
    assert deliberation is not None  # noqa: S101 - check_can_ratify made sure
    later = specification.system.groups.filter(key__in=keys, declared_at__gt=deliberation.prepared_at)
    if changed := later.order_by("key").first():
        raise Conflict(
            f"The group “{changed.key}” was declared anew after the deliberation was prepared. Deliberate again.",
            code="group-changed",
        )


def check_seated(*, specification: ValueSpecification, document: Specification, changes: Sequence[Change]) -> None:
    """Nobody decides about a group without it: those that sign or may veto were seated in the deliberation, and those
    from whom the new version takes something that the one in force asks for them."""
    deliberation = specification.deliberation
    assert deliberation is not None  # noqa: S101 - check_can_ratify made sure
    newest = specification.versions.order_by("-pk").first()
    wanted = groups_to_seat(newest=newest, document=document, changes=changes)
    if missing := sorted(wanted - set(deliberation.seated_groups)):
        raise NotAllowedNow(
            f"{', '.join(missing)} had no seat in the deliberation: a group that signs, may veto, or loses something "
            "that is asked for it takes part. Deliberate again with a seat for each.",
            code="group-not-seated",
        )


def check_can_write_sheet(*, by: User, system: AISystem, at: datetime) -> None:
    """Stewards write provenance sheets."""
    check_permission(by=by, permission="sheet.write", system=system, at=at)


def check_can_approve_sheet(*, by: User, system: AISystem, sheet: MetricSheet, at: datetime) -> None:
    """A board member who has not written on it since the last approval approves a sheet."""
    check_permission(by=by, permission="sheet.approve", system=system, at=at)
    if sheet.is_approved:
        raise NotAllowedNow(f"This sheet of {sheet.metric} is approved already.", code="already-approved")
    if sheet.is_withdrawn:
        raise NotAllowedNow(f"The sheet of {sheet.metric} was withdrawn. Have it written anew.", code="sheet-withdrawn")
    writings = MetricSheet.objects.filter(system=system, metric=sheet.metric)
    approved = writings.filter(approval__isnull=False).order_by("-pk").first()
    if writings.filter(pk__gt=approved.pk if approved else 0, written_by=by).exists():
        raise NotPermitted("Nobody approves a sheet that they wrote on; another board member has to.")


def check_can_withdraw_sheet(*, by: User, system: AISystem, at: datetime) -> None:
    """Stewards withdraw sheets: it takes from a metric that it can gate, and gives nothing."""
    check_permission(by=by, permission="sheet.write", system=system, at=at)


def groups_to_seat(
    *, newest: SpecificationVersion | None, document: Specification, changes: Sequence[Change]
) -> set[str]:
    """Return the groups that sign or may veto under `document`, and those from whom it takes something that `newest`
    asks for them; `changes` are those between the two."""
    return document.deciding_groups() | (newest.protected_from(changes) if newest else set())
