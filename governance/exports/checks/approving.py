"""Did these people sign exactly this, and did the pinned policy allow the decision? Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from governance import canonical
from governance.approvals import policy, statement
from governance.approvals.events import (
    ApprovalEnded,
    ApprovalIssued,
    CandidateDecided,
    CandidateOpened,
    CandidateRevised,
    CandidateSigned,
    ConflictDeclared,
)
from governance.exports import layout, manifest
from governance.exports.checks import judgement, log
from governance.exports.contents import Bundle, Document
from governance.exports.entries import Entry, agree, disagreement
from governance.gates.comparison import trade_offs
from governance.gates.events import RouteClosed
from governance.gates.verdicts import NEEDS_DELIBERATION


def check_candidate(bundle: Bundle) -> str:
    """What was signed rests on this specification, outcome, evidence, gate report and policy."""
    candidate = bundle.candidate
    specification = {"version": bundle.specification["version"], "digest": bundle.digest(layout.SPECIFICATION)}
    agree(layout.CANDIDATE, candidate["specification"], specification, by=layout.SPECIFICATION)
    agree(layout.CANDIDATE, candidate["policy"], bundle.specification["approval_policy"], by=layout.SPECIFICATION)
    agree(layout.CANDIDATE, candidate["deliberation"]["outcome"], bundle.digest(layout.OUTCOME), by=layout.OUTCOME)
    return f"What {revision(bundle)} put forward is exactly the revision in the bundle, with its policy."


def check_sign_offs(bundle: Bundle) -> str:
    """Every sign-off in the decision is in the log, bound to this revision, and no other is."""
    signed = [sign_off(bundle, row) for row in bundle.decision["sign_offs"]]
    logged = bundle.entries.every(CandidateSigned, digest=bundle.digest(layout.CANDIDATE))
    agree(layout.DECISION, sorted(e.index for e in signed), [e.index for e in logged], by="the log's sign-offs")
    objecting = [row["actor"] for row in bundle.decision["sign_offs"] if row["stance"] == policy.OBJECT]
    dissent = {"deliberation": bundle.outcome["dissent"], "objections": objecting}
    agree(layout.DECISION, bundle.decision["dissent"], dissent, by="outcome and sign-offs")
    return f"{len(signed)} sign-off(s) are in the log, each bound to this revision; {len(objecting)} object(s)."


def check_decision(bundle: Bundle) -> str:
    """The policy that the revision pinned, judged again on what the log holds, allows the decision."""
    entry, decision = decided(bundle), bundle.decision
    agree(layout.DECISION, decision["outcome"], "approved", by="an approval")
    agree(layout.DECISION, decision["decided_by"], entry.actor, by=str(entry))
    agree(layout.DECISION, datetime.fromisoformat(decision["decided_at"]), entry.at, by=str(entry))
    separated = _separated(bundle)
    unstated = separated - set(decision["separated"])
    if unstated:
        raise disagreement(layout.DECISION, "it leaves out somebody who registered, evaluated or declared a conflict.")
    # The record may know of more, such as an evaluation that the gate did not use; the bundle shows what it rests on.
    separated = separated | set(decision["separated"])
    if entry.actor in separated:
        raise disagreement(layout.DECISION, "who decided had opened, registered, evaluated or declared a conflict.")
    stands = policy.standing(policy=bundle.candidate["policy"], facts=_facts(bundle, separated))
    if stands.unmet:
        raise disagreement(layout.DECISION, f"the policy was not met: {stands.unmet[0].sentence}")
    stated = [_standing(row) for row in decision["requirements"]]
    agree(layout.DECISION, stated, [_standing(r.document()) for r in stands.requirements], by="the policy")
    return f"All {len(stated)} requirements of the pinned policy, judged again, were met when {entry} decided."


def check_approval(bundle: Bundle) -> str:
    """The signed statement says what was decided, and the log names the key that signed it."""
    stated, entry = opened_statement(bundle), issued(bundle)
    log.check_keys(bundle, signed_by=entry.data["key_id"])
    agree(
        layout.STATEMENT,
        manifest.check_form(bundle.members[layout.STATEMENT], layout.STATEMENT),
        entry.data["key_id"],
        by=str(entry),
    )
    subjects = statement.build(model=dict(bundle.candidate["model"]), manifest=_files(bundle), predicate={})["subject"]
    agree(layout.STATEMENT, stated["subject"], subjects, by=layout.FILES)
    agree(layout.STATEMENT, stated["predicateType"], statement.PREDICATE_TYPE, by="this verifier")
    agree(layout.STATEMENT, stated["predicate"], _predicate(bundle, stated["predicate"]), by="the bundle's documents")
    _check_times(bundle, stated["predicate"], entry)
    return f"The approval of {entry} is signed by key {entry.data['key_id'][:12]}, for {entry.data['context']}."


def opened_statement(bundle: Bundle) -> Document:
    """Return the approval's statement once a known attestation key has signed it."""
    return statement.open_envelope(bundle.members[layout.STATEMENT], public_keys=dict(bundle.keys.attestation))


def revision(bundle: Bundle) -> Entry:
    """Return the entry that put the bundle's revision forward: its candidate's opening, or a later revision."""
    digest, subject = bundle.digest(layout.CANDIDATE), subject_of(bundle)
    number = bundle.decision["revision"]["number"]
    agree(layout.DECISION, bundle.decision["revision"]["digest"], digest, by=layout.CANDIDATE)
    kind = CandidateOpened if number == 1 else CandidateRevised
    return bundle.entries.only(kind, subject=subject, revision=number, digest=digest)


def opened(bundle: Bundle) -> Entry:
    """Return the entry that opened the candidate."""
    model = bundle.candidate["model"]
    return bundle.entries.only(
        CandidateOpened,
        subject=subject_of(bundle),
        model=model["uri"],
        artifact=model["digest"],
        context=bundle.candidate["context"],
    )


def sign_off(bundle: Bundle, row: Document) -> Entry:
    """Return the entry of one sign-off that the decision lists."""
    return bundle.entries.only(
        CandidateSigned,
        subject=subject_of(bundle),
        actor=row["actor"],
        digest=bundle.digest(layout.CANDIDATE),
        revision=bundle.decision["revision"]["number"],
        role=row["role"],
        group=row["group"],
        stance=row["stance"],
    )


def decided(bundle: Bundle) -> Entry:
    """Return the entry of the decision."""
    return bundle.entries.only(
        CandidateDecided,
        subject=subject_of(bundle),
        digest=bundle.digest(layout.DECISION),
        revision=bundle.decision["revision"]["number"],
        outcome=bundle.decision["outcome"],
    )


def issued(bundle: Bundle) -> Entry:
    """Return the entry that issued the approval."""
    return bundle.entries.only(
        ApprovalIssued,
        artifact=bundle.candidate["model"]["digest"],
        context=bundle.candidate["context"],
        specification=bundle.digest(layout.SPECIFICATION),
        statement=canonical.digest(opened_statement(bundle)),
    )


def ended(bundle: Bundle) -> Entry | None:
    """Return the entry that ended the approval, if the bundle has one."""
    found = bundle.entries.every(ApprovalEnded, statement=canonical.digest(opened_statement(bundle)))
    return found[0] if found else None


def conflicts(bundle: Bundle) -> list[Entry]:
    """Return the entries in which people declared a conflict of interest in the candidate."""
    return bundle.entries.every(ConflictDeclared, subject=subject_of(bundle))


def closings(bundle: Bundle) -> list[Entry]:
    """Return the entries in which routes that the gate opened were closed."""
    return bundle.entries.every(RouteClosed)


def subject_of(bundle: Bundle) -> str:
    """Return the opaque id of the candidate."""
    return f"candidate:{bundle.decision['candidate']}"


def _files(bundle: Bundle) -> list[dict[str, Any]]:
    return [dict(row) for row in bundle.files]


def _separated(bundle: Bundle) -> frozenset[str]:
    entries = [opened(bundle), revision(bundle), judgement.registered(bundle), *conflicts(bundle)]
    entries += [entry for entry in closings(bundle) if entry.index < decided(bundle).index]
    return frozenset(e.actor for e in [*entries, *(judgement.read(bundle, digest) for digest in bundle.evidence)])


def _facts(bundle: Bundle, separated: frozenset[str]) -> policy.Facts:
    signed = bundle.decision["sign_offs"]
    rows = [row for row in signed if policy.counts(stance=row["stance"], in_office=row["in_office"])]
    return policy.Facts(
        verdict=bundle.report["verdict"],
        open_routes=_open_routes(bundle),
        sign_offs=[policy.SignedOff(row["actor"], row["role"], row["group"], row["stance"]) for row in rows],
        separated=separated,
        revised_at=revision(bundle).at,
        at=decided(bundle).at,
    )


def _open_routes(bundle: Bundle) -> int:
    signals = [(s["signal"], s["dimension"]) for s in bundle.report["signals"] if s["verdict"] == NEEDS_DELIBERATION]
    tensions = [t for t in bundle.report["tensions"] if t["verdict"] == NEEDS_DELIBERATION]
    waiting = Counter([*signals, *((t["measure"], " and ".join(t["between"])) for t in tensions)])
    before = [entry for entry in closings(bundle) if entry.index < decided(bundle).index]
    closed = Counter((e.data["signal"], e.data["dimension"]) for e in before)
    return sum((waiting - closed).values())


def _standing(row: Document) -> list[Any]:
    """The part of a requirement that is a fact; its sentence may be worded better one day."""
    return [row["key"], row["met"], row.get("have"), row.get("need")]


def _predicate(bundle: Bundle, stated: Document) -> dict[str, Any]:
    return {
        "context": bundle.candidate["context"],
        "system": bundle.candidate["system"],
        "decidedAt": stated["decidedAt"],
        "validUntil": stated["validUntil"],
        "decision": {"sha256": bundle.digest(layout.DECISION)},
        "candidate": {"sha256": bundle.digest(layout.CANDIDATE)},
        "specification": {
            "version": bundle.specification["version"],
            "sha256": bundle.digest(layout.SPECIFICATION),
        },
        "gateReport": {"verdict": bundle.report["verdict"], "sha256": bundle.digest(layout.REPORT)},
        "incumbent": trade_offs(bundle.report),
    }


def _check_times(bundle: Bundle, stated: Document, entry: Entry) -> None:
    since, until = (datetime.fromisoformat(stated[name]) for name in ("decidedAt", "validUntil"))
    days = int(bundle.candidate["policy"]["validity_days"])
    agree(layout.STATEMENT, since, decided(bundle).at, by=str(decided(bundle)))
    agree(layout.STATEMENT, until, since + timedelta(days=days), by="the policy's validity_days")
    agree(str(entry), datetime.fromisoformat(entry.data["valid_from"]), since, by=layout.STATEMENT)
    agree(str(entry), datetime.fromisoformat(entry.data["valid_until"]), until, by=layout.STATEMENT)
