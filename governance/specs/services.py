"""The only writers of value specifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from governance import actions, canonical
from governance.accounts.models import User
from governance.audit import services as audit
from governance.deliberation.models import Deliberation
from governance.errors import Conflict, Invalid, NotFound, Problem, no_such
from governance.specs import diff, events, policies, reading, selectors, sheet
from governance.specs.changes import Change
from governance.specs.document import Specification
from governance.specs.document import canonical as canonical_form
from governance.specs.models import (
    MetricSheet,
    SheetApproval,
    SheetWithdrawal,
    SpecificationVersion,
    ValueSpecification,
)
from governance.specs.states import DraftState
from governance.systems.models import AISystem
from governance.systems.policies import check_known
from governance.systems.services import locked_system


@actions.action(verb="specs.draft.save", permission="specification.draft", states=("draft", "deliberating", "ratified"))
def save_draft(*, system_key: str, text: str, replaces: str = "", by: User, at: datetime) -> ValueSpecification:
    """Write or change the working draft from YAML or JSON `text`; a draft in deliberation becomes a draft again.

    `replaces` is the digest of the draft one read, empty when there was none: Conflict when there is another by now.
    Raises Invalid with every problem and its place.
    """
    system = locked_system(system_key)
    policies.check_can_draft(by=by, system=system, at=at)
    specification = ValueSpecification.objects.filter(system=system).first()
    if specification is not None and not replaces:
        raise Conflict("There is a draft already. Read it, and say that you replace it.", code="stale-draft")
    if replaces != (specification.draft_digest if specification else ""):
        raise Conflict("The draft is another than the one you read. Read it again.", code="stale-draft")
    document = reading.draft(text, today=at.date(), home=selectors.home(system=system))
    if specification is not None:
        _changes(specification, document)
    fields: dict[str, Any] = {
        "draft_text": text,
        "draft_digest": canonical.digest(canonical_form(document)),
        "drafter": by,
        "drafted_at": at,
        "state": DraftState.DRAFT,
        "deliberation": None,
    }
    specification, _ = ValueSpecification.objects.update_or_create(system=system, defaults=fields)
    event = events.SpecificationDrafted(
        subject=_id(specification), version=document.version, digest=specification.draft_digest
    )
    _record(event, specification=specification, by=by, at=at)
    return specification


@actions.action(verb="specs.draft.put_forward", permission="specification.draft", states=("draft",))
def put_forward(*, system_key: str, deliberation_id: int, by: User, at: datetime) -> ValueSpecification:
    """Put the working draft up for a deliberation about exactly it."""
    specification = _locked(system_key, by=by, at=at)
    policies.check_can_draft(by=by, system=specification.system, at=at)
    deliberation = Deliberation.objects.filter(pk=deliberation_id, system=specification.system).first()
    if deliberation is None:
        raise no_such("deliberation")
    policies.check_can_put_forward(specification=specification, deliberation=deliberation)
    specification.state, specification.deliberation = DraftState.DELIBERATING, deliberation
    specification.save(update_fields=["state", "deliberation"])
    event = events.SpecificationPutForward(
        subject=_id(specification), digest=specification.draft_digest, deliberation=f"deliberation:{deliberation.pk}"
    )
    _record(event, specification=specification, by=by, at=at)
    return specification


@actions.action(verb="specs.version.ratify", permission="specification.ratify", states=("deliberating",))
def ratify(*, system_key: str, digest: str, by: User, at: datetime) -> SpecificationVersion:
    """Ratify the deliberated draft whose digest one read; from then on nobody can change it.

    Raises NotPermitted, NotAllowedNow, or Conflict when the draft is another than `digest`.
    """
    specification = _locked(system_key, by=by, at=at)
    policies.check_can_ratify(by=by, specification=specification, at=at)
    if specification.draft_digest != digest:
        raise Conflict("The draft is another than the one you read. Read it again.", code="stale-draft")
    document = reading.draft(specification.draft_text, today=at.date())
    policies.check_says(text_digest=canonical.digest(canonical_form(document)), specification=specification)
    meant = selectors.populations_meant(document, system=specification.system)
    policies.check_groups_stand(specification=specification, keys=set(meant))
    changes = _changes(specification, document)
    policies.check_seated(specification=specification, document=document, changes=changes)
    specification.state = DraftState.RATIFIED
    specification.save(update_fields=["state"])
    assert specification.deliberation is not None  # noqa: S101 - check_can_ratify made sure
    event = events.SpecificationRatified(
        subject=f"{_id(specification)}:{document.version}",
        version=document.version,
        digest=digest,
        drafter=specification.drafter.actor,
        deliberation=f"deliberation:{specification.deliberation_id}",
        outcome_digest=specification.deliberation.outcome.digest,
        populations=canonical.digest(meant),
    )
    leaf = _record(event, specification=specification, by=by, at=at)
    return SpecificationVersion.objects.create(
        specification=specification,
        version=document.version,
        document=canonical.encode(canonical_form(document)),
        digest=digest,
        text=specification.draft_text,
        changes=[asdict(change) for change in changes],
        populations=meant,
        drafter=specification.drafter,
        deliberation=specification.deliberation,
        ratified_by=by,
        ratified_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="specs.sheet.write", permission="sheet.write")
def write_sheet(*, system_key: str, metric: str, answers: Mapping[str, str], by: User, at: datetime) -> MetricSheet:
    """Write the provenance sheet of a metric, or write it anew; the same answers are recorded once, unless they were
    withdrawn.

    `answers` has one for each of `sheet.QUESTIONS`. Raises NotPermitted, or Invalid that names each wrong answer.
    """
    system = locked_system(system_key)
    policies.check_can_write_sheet(by=by, system=system, at=at)
    written = sheet.make(metric, answers)
    digest = sheet.digest(written)
    newest = MetricSheet.objects.filter(system=system, metric=written.metric).order_by("-pk").first()
    if newest is not None and newest.digest == digest and not newest.is_withdrawn:
        return newest
    event = events.SheetWritten(subject=_sheet_id(system, written.metric), metric=written.metric, digest=digest)
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    return MetricSheet.objects.create(
        system=system,
        metric=written.metric,
        document=canonical.encode(sheet.canonical(written)),
        digest=digest,
        written_by=by,
        written_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="specs.sheet.approve", permission="sheet.approve")
def approve_sheet(*, system_key: str, metric: str, digest: str, by: User, at: datetime) -> SheetApproval:
    """Approve the newest sheet of a metric, whose digest one read; from then on the metric can gate.

    Raises NotPermitted, NotAllowedNow (approved already), NotFound, or Conflict when the newest is another.
    """
    system = locked_system(system_key)
    newest = MetricSheet.objects.filter(system=system, metric=metric).order_by("-pk").first()
    if newest is None:
        check_known(by=by, system=system, at=at)
        raise selectors.no_sheet(metric, among=MetricSheet.objects.filter(system=system))
    policies.check_can_approve_sheet(by=by, system=system, sheet=newest, at=at)
    if newest.digest != digest:
        raise Conflict("The sheet is another than the one you read. Read it again.", code="stale-sheet")
    event = events.SheetApproved(
        subject=_sheet_id(system, metric), metric=metric, digest=digest, drafter=newest.written_by.actor
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    return SheetApproval.objects.create(
        sheet=newest, written_by=newest.written_by, approved_by=by, approved_at=at, leaf_id=leaf
    )


@actions.action(verb="specs.sheet.withdraw", permission="sheet.write")
def withdraw_sheet(
    *, system_key: str, metric: str, digest: str, because: str, by: User, at: datetime
) -> SheetWithdrawal:
    """Withdraw the approved sheet of a metric, whose digest one read, saying why; the metric gates nothing any more.

    What was approved by it stands. Raises NotPermitted, NotFound (no approved sheet), Invalid without a reason, or
    Conflict when another is approved by now.
    """
    system = locked_system(system_key)
    policies.check_can_withdraw_sheet(by=by, system=system, at=at)
    approved = selectors.approved_sheets(system=system, metrics=[metric]).get(metric)
    if approved is None:
        raise NotFound(f"The metric “{metric[:64]}” has no approved sheet.", code="no-sheet")
    if approved.digest != digest:
        raise Conflict("Another sheet is approved than the one you read. Read it again.", code="stale-sheet")
    if not because.strip():
        problem = Problem("because", "is empty.", "Say why nobody should rely on the metric any more.")
        raise Invalid(str(problem), problems=(problem,))
    event = events.SheetWithdrawn(
        subject=_sheet_id(system, metric), metric=metric, digest=digest, because=because.strip()
    )
    leaf = audit.record(event=event, actor=by.actor, system=system.key, at=at)
    return SheetWithdrawal.objects.create(approval=approved.approval, withdrawn_by=by, withdrawn_at=at, leaf_id=leaf)


def _changes(specification: ValueSpecification, document: Specification) -> tuple[Change, ...]:
    """Return the semantic changes against the newest ratified version; raise Invalid when the bump is too small."""
    newest = specification.versions.order_by("-pk").first()
    if newest is None:
        return ()
    changes = newest.changes_to(
        document, populations=selectors.populations_meant(document, system=specification.system)
    )
    diff.check_bump(newest.version, document.version, changes)
    return changes


def _locked(system_key: str, *, by: User, at: datetime) -> ValueSpecification:
    system = locked_system(system_key)
    # Locked alone: a row that another steward changes meanwhile would no longer match what is joined to it.
    locked = ValueSpecification.objects.select_for_update(of=("self",)).filter(system__key=system_key).first()
    if locked is None:
        check_known(by=by, system=system, at=at)
        raise NotFound(f"The system “{system_key}” has no specification yet.")
    return ValueSpecification.objects.select_related("system", "drafter", "deliberation__outcome").get(pk=locked.pk)


def _id(specification: ValueSpecification) -> str:
    return f"specification:{specification.system.key}"


def _sheet_id(system: AISystem, metric: str) -> str:
    return f"sheet:{system.key}:{metric}"


def _record(event: Any, *, specification: ValueSpecification, by: User, at: datetime) -> int:
    return audit.record(event=event, actor=by.actor, system=specification.system.key, at=at)
