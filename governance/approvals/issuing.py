"""Approvals: issued by a decision, ended by people or by time, and told to MLflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import actions, canonical
from governance.accounts.models import User
from governance.accounts.policies import check_machine
from governance.approvals import endings, events, keys, policies, statement
from governance.approvals.models import Approval, ApprovalEnding, AttestationKey, Decision, WriteBack
from governance.approvals.states import ApprovalState, WriteBackState
from governance.audit import services as audit
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, Problem, no_such
from governance.gates.comparison import trade_offs
from governance.systems.models import AISystem
from governance.systems.services import locked_system
from lineage.models import ModelVersion

APPROVED, NEVER = "approved", "not approved"
"""Words of a write-back, beside the states in which an approval ends."""


@actions.action(verb="approvals.key.introduce", permission=actions.MACHINE)
def introduce_key(*, by: User, at: datetime) -> AttestationKey:
    """Name the attestation key in the log, before its first use. Raises Conflict when it is named already."""
    check_machine(by=by)
    key = keys.attestation_key()
    key_id, public_key = statement.key_id(key), statement.public_hex(key)
    if AttestationKey.objects.filter(key_id=key_id).exists():
        raise Conflict("The log names this attestation key already.")
    event = events.AttestationKeyIntroduced(subject=f"key:{key_id}", key_id=key_id, public_key=public_key)
    leaf = audit.record(event=event, actor=by.actor, at=at)
    return AttestationKey.objects.create(key_id=key_id, public_key=public_key, introduced_at=at, leaf_id=leaf)


def issue(*, decision: Decision, valid_until: datetime, by: User, at: datetime) -> Approval:
    """Issue the approval that `decision` gives, in its transaction: a part of deciding, and no verb of its own."""
    revision = decision.revision
    candidate = revision.candidate
    key = keys.attestation_key()
    if not AttestationKey.objects.filter(key_id=statement.key_id(key)).exists():
        raise NotAllowedNow("The log does not name the attestation key yet. Run edgewise init.", code="key-unknown")
    locked_system(candidate.system.key)
    _supersede(decision=decision, by=by, at=at)
    predicate = {
        "context": candidate.context_key,
        "system": candidate.system.key,
        "decidedAt": at.isoformat(),
        "validUntil": valid_until.isoformat(),
        "decision": {"sha256": decision.digest},
        "candidate": {"sha256": revision.digest},
        "specification": {"version": revision.specification.version, "sha256": revision.specification.digest},
        "gateReport": {"verdict": revision.report.verdict, "sha256": revision.report.digest},
        "incumbent": trade_offs(revision.report.content()),
    }
    model = revision.content()["model"]
    current = candidate.model_version.current_digest
    stated = statement.build(model=model, manifest=current.manifest if current else [], predicate=predicate)
    approval = Approval(
        decision=decision,
        system=candidate.system,
        model_version=candidate.model_version,
        specification=revision.specification,
        artifact_digest=revision.artifact_digest,
        context_key=candidate.context_key,
        valid_from=at,
        valid_until=valid_until,
        envelope=statement.sign(stated, key=key),
        statement_digest=canonical.digest(stated),
        key_id=statement.key_id(key),
    )
    event = events.ApprovalIssued(
        subject=f"decision:{decision.pk}",
        artifact=approval.artifact_digest,
        context=approval.context_key,
        specification=revision.specification.digest,
        valid_from=at.isoformat(),
        valid_until=valid_until.isoformat(),
        statement=approval.statement_digest,
        key_id=approval.key_id,
    )
    approval.leaf_id = audit.record(event=event, actor=by.actor, system=approval.system.key, at=at)
    approval.save(force_insert=True)
    _queue(_about(approval, word=APPROVED), at=at)
    return approval


@actions.action(verb="approvals.approval.revoke", permission="approval.revoke", states=("active",))
def revoke(*, approval_id: int, reason: str, by: User, at: datetime) -> ApprovalEnding:
    """Revoke an approval: from now on the answer is no. Raises NotPermitted, NotAllowedNow, Invalid."""
    approval = locked_approval(approval_id)
    policies.check_can_revoke(by=by, approval=approval, at=at)
    if not reason.strip():
        problem = Problem("reason", "is empty.", "Say why the approval is revoked.")
        raise Invalid(str(problem), problems=(problem,))
    return _end(approval, state=ApprovalState.REVOKED, reason=reason.strip(), by=by, at=at)


@actions.action(verb="approvals.approval.lapse", permission=actions.MACHINE, states=("active",))
def lapse(*, approval_id: int, by: User, at: datetime) -> ApprovalEnding:
    """Record that an approval lapsed: by time, by another specification, or by other bytes."""
    approval = locked_approval(approval_id)
    because = endings.lapsed_because(approval, at=at)
    policies.check_can_lapse(by=by, approval=approval, reason=because)
    return _end(approval, state=ApprovalState.LAPSED, reason=because, by=by, at=at)


@actions.action(verb="approvals.registry.told", permission=actions.MACHINE, states=("pending",))
def registry_told(*, write_back_id: int, by: User, at: datetime) -> WriteBack:
    """Record that MLflow was told what a write-back had to say. Raises NotFound, NotAllowedNow when it was told."""
    check_machine(by=by)
    rows = WriteBack.objects.select_for_update(of=("self",)).select_related("system")
    row = rows.filter(pk=write_back_id).first()
    if row is None:
        raise NotFound(f"There is no write-back {write_back_id}.")
    if row.state != WriteBackState.PENDING:
        raise NotAllowedNow("MLflow has been told already.")
    row.state, row.done_at, row.last_error = WriteBackState.DONE, at, ""
    row.save(update_fields=["state", "done_at", "last_error"])
    about = f"approval:{row.approval_id}" if row.approval_id else f"version:{row.model_version_id}"
    event = events.RegistryTold(subject=about, word=row.word)
    audit.record(event=event, actor=by.actor, system=row.system.key, at=at)
    return row


def tell_again(*, system: AISystem, version: ModelVersion, context_key: str, at: datetime) -> WriteBack:
    """Have MLflow told anew how a version stands in a context: a part of judging a synchronisation, and no verb of its
    own."""
    newest = Approval.objects.filter(model_version=version, context_key=context_key).order_by("-pk").first()
    if newest is None:
        return _queue(WriteBack(system=system, model_version=version, context_key=context_key, word=NEVER), at=at)
    return _queue(_about(newest, word=APPROVED if newest.state == ApprovalState.ACTIVE else newest.state), at=at)


def locked_approval(approval_id: int) -> Approval:
    """Return the approval with its row locked for this transaction; raise NotFound."""
    rows = Approval.objects.select_for_update(of=("self",)).select_related("system", "specification", "model_version")
    approval = rows.filter(pk=approval_id).first()
    if approval is None:
        raise no_such("approval")
    return approval


def _supersede(*, decision: Decision, by: User, at: datetime) -> None:
    candidate = decision.revision.candidate
    earlier = Approval.objects.filter(
        system=candidate.system,
        artifact_digest=decision.revision.artifact_digest,
        context_key=candidate.context_key,
        state=ApprovalState.ACTIVE,
    )
    for approval in earlier.select_for_update():
        _end(approval, state=ApprovalState.SUPERSEDED, reason="The same bytes were approved anew.", by=by, at=at)
        # Of the same version, the new approval's own message says how it stands.
        if approval.model_version_id != candidate.model_version_id:
            _queue(_about(approval, word=ApprovalState.SUPERSEDED), at=at)


def _end(approval: Approval, *, state: str, reason: str, by: User, at: datetime) -> ApprovalEnding:
    approval.state = state
    approval.save(update_fields=["state"])
    event: Any = events.ApprovalEnded(
        subject=f"approval:{approval.pk}", statement=approval.statement_digest, state=state, reason=reason
    )
    leaf = audit.record(event=event, actor=by.actor, system=approval.system.key, at=at)
    ending = ApprovalEnding.objects.create(approval=approval, state=state, ended_by=by, ended_at=at, leaf_id=leaf)
    if state != ApprovalState.SUPERSEDED:
        _queue(_about(approval, word=state), at=at)
    return ending


def _about(approval: Approval, *, word: str) -> WriteBack:
    return WriteBack(
        system=approval.system,
        model_version=approval.model_version,
        context_key=approval.context_key,
        approval=approval,
        word=word,
    )


def _queue(row: WriteBack, *, at: datetime) -> WriteBack:
    row.queued_at = at
    row.save(force_insert=True)
    dispatch(row.pk)
    return row


def dispatch(write_back_id: int) -> None:
    """Have a worker write back, once this transaction is committed."""
    from governance.approvals import tasks

    # The row waits for the sweep: a queue that fails now must not make what is committed look refused.
    transaction.on_commit(lambda: tasks.write_back.delay(write_back_id=write_back_id), robust=True)
