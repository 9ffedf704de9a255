"""What the page of a release candidate shows: the state, what is asked, why, and everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from frontend import wording
from frontend.forms.candidates import ConflictForm, DecideForm, SignForm, WithdrawForm
from frontend.forms.service import ServiceForm
from frontend.pages import audit as log
from frontend.pages import deliberation as deliberations
from frontend.pages import files, incumbents, lineage, routes, sign_offs, tensions, verdicts
from governance.accounts.models import User
from governance.approvals import dossier, policies, selectors, standing
from governance.approvals.models import Approval, CandidateRevision, Decision, ReleaseCandidate
from governance.approvals.policy import Standing
from governance.audit import selectors as audit
from governance.evidence import selectors as evidence
from governance.gates import policies as gate_policies
from governance.gates import selectors as gates
from governance.gates.comparison import trade_offs
from governance.systems.policies import can, check_permission, refusal_of

SIGNATURES = ("sign-offs:", "cooling-off", "veto:")


@dataclass(frozen=True, slots=True)
class State:
    """How a candidate stands: one word, one sentence, since when, by whom, and for whom it waits."""

    word: str
    sentence: str
    since: datetime
    by: User
    waits_for: str

    @property
    def line(self) -> str:
        """Word and sentence in one."""
        return f"{self.word}: {self.sentence}"


def forms(revision: CandidateRevision) -> dict[str, ServiceForm]:
    """Return the page's forms, unsent."""
    shown = {"shown_digest": revision.digest}
    return {
        "sign": SignForm(initial=shown),
        "decide": DecideForm(initial=shown),
        "withdraw": WithdrawForm(),
        "conflict": ConflictForm(),
        "refresh": ServiceForm(),
        **routes.forms(revision),
    }


def offer(given: dict[str, ServiceForm], *, asked: dict[str, Any], shown_digest: str) -> None:
    """Let the forms offer what their reader may choose, about what the page shows now."""
    for form in given.values():
        if isinstance(form, SignForm):
            form.offer(asked["sign"]).renew(shown_digest=shown_digest)
        elif isinstance(form, DecideForm):
            form.offer(approving=asked["approve"]).renew(shown_digest=shown_digest)


def content(
    *,
    candidate: ReleaseCandidate,
    revision: CandidateRevision,
    by: User,
    at: datetime,
    sent: Mapping[str, ServiceForm] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return everything that the page of `candidate` shows of a revision to `by` at `at`, with the form that was
    `sent`, if one was. Of an earlier revision than the newest nothing is asked."""
    newest = selectors.newest_revision(candidate)
    decision: Decision | None = getattr(revision, "decision", None)
    separated = standing.separated(candidate)
    stands = selectors.standing_of(revision, at=at, barred=separated)
    report = revision.report.content()
    shown = verdicts.criteria(report)
    capacities = sign_offs.capacities(revision=revision, standing=stands, separated=separated, by=by, at=at)
    timeline = _timeline(candidate, decision)
    signed = list(selectors.sign_offs(revision))
    graph = evidence.lineage_graph(candidate.model_version, by=by)
    unsent, shown_routes = forms(revision), routes.shown(revision.report, by=by, at=at)
    asked = _asked(revision, capacities=capacities, separated=separated, standing=stands, by=by, at=at)
    found: dict[str, Any] = {
        "candidate": candidate,
        "revision": revision,
        "newest": newest,
        "previous": revision.number - 1,
        "incumbent": incumbents.approval(candidate=candidate, by=by, at=at),
        "decision": decision,
        "approval": getattr(decision, "approval", None),
        "state": state(candidate, revision=revision, standing=stands) if revision == newest else _earlier(newest),
        "standing": stands,
        "report": report,
        "criteria": shown,
        "groups": verdicts.groups(shown),
        "tensions": tensions.of_report(report),
        "trade_offs": trade_offs(report),
        "gains": verdicts.gains(report),
        "uncompared": verdicts.uncompared(report),
        "routes": shown_routes,
        "signed": signed,
        "objections": [s for s in signed if s.stance == "object"],
        "quorums": sign_offs.quorums(revision=revision, standing=stands, separated=separated, at=at),
        "files": files.of(revision),
        "objectives": revision.content()["objectives"],
        **lineage.picture(graph, [f"version-{candidate.model_version_id}"]),
        "timeline": timeline,
        "marks": audit.marks(
            [line.entry.leaf_id for line in timeline] + [s.leaf_id for s in signed] + [revision.leaf_id]
        ),
        "asked": asked if revision == newest else {},
        "forms": {**unsent, **sent} if revision == newest else {},
        "strays": [form for key, form in sent.items() if key not in unsent],
    }
    offer(found["forms"], asked=asked, shown_digest=revision.digest)
    routes.offer(found["forms"], shown_routes)
    return found | deliberations.outcome_of(revision.specification.deliberation)


def state(candidate: ReleaseCandidate, *, revision: CandidateRevision, standing: Standing) -> State:
    """Return how the candidate stands, said in a sentence."""
    decision: Decision | None = getattr(revision, "decision", None)
    if decision is not None:
        return State(
            decision.outcome.capitalize(),
            _decided(decision),
            decision.decided_at,
            decision.decided_by,
            "",
        )
    if candidate.state == "withdrawn":
        assert candidate.withdrawn_at is not None and candidate.withdrawn_by is not None  # noqa: S101,PT018
        because = f"Withdrawn: {candidate.withdrawn_because}"
        return State("Withdrawn", because, candidate.withdrawn_at, candidate.withdrawn_by, "")
    word, sentence = _open(revision, standing)
    return State(word, sentence, revision.made_at, revision.made_by, wording.waits_for(standing.unmet))


def _earlier(newest: CandidateRevision) -> State:
    """Return how a revision stands that is not the newest."""
    said = f"Revision {newest.number} took its place; nobody signs or decides this one any more."
    return State("Superseded", said, newest.made_at, newest.made_by, "")


def _open(revision: CandidateRevision, standing: Standing) -> tuple[str, str]:
    hard = [r for r in standing.unmet if not r.key.startswith(SIGNATURES)]
    gate = wording.checks(revision.report.content())
    if not standing.unmet:
        return "Ready to decide", "Every requirement of the approval policy is met; a board member decides."
    if not hard:
        return "In signing", f"The gate supports it: {gate}. " + " ".join(r.sentence for r in standing.unmet)
    others = [r.sentence for r in hard if r.key not in ("gate", "routes")]
    open_routes = gates.open_routes(revision.report).count()
    parts = [gate] if revision.report.verdict in ("FAIL", "INSUFFICIENT") else []
    parts += [f"{open_routes} route{'s' if open_routes > 1 else ''} open"] if open_routes else []
    return "Blocked", " ".join([f"{', '.join(parts).capitalize()}." if parts else "", *others]).strip()


def _decided(decision: Decision) -> str:
    approval: Approval | None = getattr(decision, "approval", None)
    if approval is None:
        return f"Rejected: {decision.reason}"
    if approval.state != "active":
        return f"It was approved, and the approval has been {approval.state}."
    return f"Approved for {approval.context_key} until {approval.valid_until:%Y-%m-%d}."


def _timeline(candidate: ReleaseCandidate, decision: Decision | None) -> list[log.Line]:
    subjects = [f"version:{candidate.model_version_id}", f"candidate:{candidate.pk}"]
    approval: Approval | None = getattr(decision, "approval", None)
    if decision is not None:
        subjects.append(f"decision:{decision.pk}")
    if approval is not None:
        subjects.append(f"approval:{approval.pk}")
    found = [entry for subject in subjects for entry in audit.entries(subject=subject)]
    return log.lines(sorted(found, key=lambda entry: entry.leaf_id))


def unready(candidate: ReleaseCandidate, *, at: datetime) -> str:
    """Return what has to happen before a candidate can be brought up to date; empty when it can."""
    version, context_key = candidate.model_version, candidate.context_key
    return refusal_of(dossier.basis, system=candidate.system, version=version, context_key=context_key, at=at)


def _asked(
    revision: CandidateRevision,
    *,
    capacities: list[tuple[str, str]],
    separated: dict[str, str],
    standing: Standing,
    by: User,
    at: datetime,
) -> dict[str, Any]:
    """Return what `by` may do here now."""
    candidate = revision.candidate
    may: dict[str, Any] = {"revision": revision, "standing": standing, "separated": separated, "by": by, "at": at}
    return {
        "sign": capacities,
        "signed": revision.sign_offs.filter(user=by).first(),
        "barred": sign_offs.barred(revision=revision, separated=separated, by=by, at=at),
        "approve": sign_offs.may_decide(outcome="approved", **may),
        "reject": sign_offs.may_decide(outcome="rejected", **may),
        "change": can(policies.check_can_change, by=by, candidate=candidate, at=at),
        "stale": sign_offs.stale(standing),
        "refresh_waits": unready(candidate, at=at) if sign_offs.stale(standing) else "",
        "may_sign": can(check_permission, by=by, permission="candidate.sign", system=candidate.system, at=at),
        "conflict": can(policies.check_can_declare_conflict, by=by, candidate=candidate, at=at),
        "close_route": any(
            can(gate_policies.check_can_close, by=by, route=route, at=at)
            for route in gates.open_routes(revision.report)
        ),
    }
