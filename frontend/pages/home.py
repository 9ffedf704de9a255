"""What the first page shows: what waits for the reader, and what changed since they were here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from frontend import wording
from frontend.pages import audit as log
from frontend.pages import candidates, deliberation, routes, sign_offs
from governance.accounts.models import User
from governance.approvals import policies as approval_policies
from governance.approvals import selectors as approvals
from governance.approvals import standing
from governance.approvals.models import CandidateRevision, ReleaseCandidate
from governance.audit import selectors as audit
from governance.deliberation import policies as deliberation_policies
from governance.deliberation import selectors as deliberations
from governance.monitoring import selectors as monitoring
from governance.specs import policies as specs_policies
from governance.specs import selectors as specs
from governance.systems import selectors as systems
from governance.systems.models import AISystem
from governance.systems.policies import can

NEWEST = 15
STEPS = {
    "open": ("Open it", "The roll freezes with everybody who holds a role for a seated group."),
    "open_voting": ("Open the vote", "It is open for statements; options and rule freeze when voting opens."),
    "decide": ("Count the ballots", "Voting has closed, or every seat has voted; the ballots can be counted."),
    "close": ("Answer and close", "It is decided; the participants wait to hear what became of it."),
}
ON_CANDIDATES = frozenset({"candidate.open", "candidate.sign", "candidate.decide"})
ON_ROUTES = "deliberation.run"
"""The permissions to act on an open candidate, and to close the routes of its gate report."""
QUIET = (
    "accounts.",
    "audit.",
    "systems.",
    "approvals.registry.told",
    "deliberation.ballot.cast",
    "monitoring.synchronisation.judged",
)
"""Kinds of entries that tell most readers nothing; those that end in a dot stand for all that begin so."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the reader: what, why in two lines, by when, and where."""

    title: str
    why: tuple[str, str]
    button: str
    url: str
    deadline: datetime | None = None


def content(*, by: User, since: datetime, at: datetime) -> dict[str, Any]:
    """Return both columns for `by`; `since` is when they were here last."""
    seen = list(systems.systems(by=by))
    tasks = [*_ballots(by, at), *_candidates(by, at), *_deliberations(by, at)]
    tasks += [task for system in seen for task in (*_specifications(system, by, at), *_out_of_band(system, by, at))]
    changed = _changed(seen, since=since)
    return {
        "tasks": sorted(tasks, key=lambda task: (task.deadline is None, task.deadline)),
        "changed": changed,
        "since": since,
        "systems": seen,
        "servers": monitoring.servers(systems=seen, at=at),
        "marks": audit.marks([line.entry.leaf_id for line in changed]),
    }


def _ballots(by: User, at: datetime) -> Iterator[Task]:
    for row in deliberations.awaiting_ballot(by=by, at=at):
        if not can(deliberation_policies.check_can_vote, by=by, deliberation=row, at=at):
            continue
        why = (row.question, f"You have a seat in {row} of {row.system.name} and have not voted yet.")
        yield Task("Vote", why, "Read and vote", reverse("deliberation", args=[row.pk]), row.voting_until)


def _candidates(by: User, at: datetime) -> Iterator[Task]:
    """Yield what `by` can do about open candidates; how one stands is asked once, and only for who may act on it."""
    permitted = systems.permissions_of(by=by, at=at)
    for candidate in approvals.candidates(by=by).filter(state="open", system__in=list(permitted)):
        may = permitted[candidate.system_id]
        if not may & {*ON_CANDIDATES, ON_ROUTES}:
            continue
        revision = approvals.newest_revision(candidate)
        what = f"{candidate.model_version.name} {candidate.model_version.version} for {candidate.context_key}"
        if may & ON_CANDIDATES and (task := _on_candidate(revision, what=what, by=by, at=at)):
            yield task
        if ON_ROUTES in may:
            yield from _routes(revision, what=what, by=by, at=at)


def _on_candidate(revision: CandidateRevision, *, what: str, by: User, at: datetime) -> Task | None:
    candidate = revision.candidate
    separated = standing.separated(candidate)
    stands = approvals.standing_of(revision, at=at, barred=separated)
    may: dict[str, Any] = {"revision": revision, "standing": stands, "separated": separated, "by": by, "at": at}
    state = candidates.state(candidate, revision=revision, standing=stands)
    url = reverse("candidate", args=[candidate.pk])
    if sign_offs.capacities(**may):
        return Task(f"Sign or object: {what}", (state.line, _waiting(state)), "Read and sign", url)
    if sign_offs.may_decide(outcome="approved", **may):
        return Task(f"Decide: {what}", (state.line, "Everybody who must has signed."), "Read and decide", url)
    return _changing(candidate, stands=stands, what=what, url=url, by=by, at=at)


def _waiting(state: candidates.State) -> str:
    return f"It waits for {state.waits_for}." if state.waits_for else "Your word counts until it is decided."


def _changing(candidate: ReleaseCandidate, *, stands: Any, what: str, url: str, by: User, at: datetime) -> Task | None:
    stale = sign_offs.stale(stands)
    if not stale or not can(approval_policies.check_can_change, by=by, candidate=candidate, at=at):
        return None
    then = candidates.unready(candidate, at=at) or "Nobody can sign it as it is."
    return Task(f"Refresh: {what}", (stale, then), "Look", url)


def _routes(revision: CandidateRevision, *, what: str, by: User, at: datetime) -> Iterator[Task]:
    for row in routes.shown(revision.report, by=by, at=at):
        if row.leads:
            title = f"Close a route: {wording.plain(row.route.signal)} on {wording.plain(row.route.dimension)}"
            url = reverse("candidate", args=[revision.candidate_id]) + "#routes"
            why = (row.route.sentence, f"While it is open, nothing is approved: {what}.")
            yield Task(title, why, "Read and close" if row.may_close else "See what it asks for", url)


def _deliberations(by: User, at: datetime) -> Iterator[Task]:
    for row in deliberations.deliberations(by=by).exclude(state="closed"):
        allowed = deliberation.may(deliberation=row, by=by, at=at)
        for step, (button, why) in STEPS.items():
            if allowed[step]:
                url = reverse("deliberation", args=[row.pk])
                deadline = row.voting_until if step == "decide" else None
                yield Task(f"Lead {row}", (row.question, why), button, url, deadline)


def _specifications(system: AISystem, by: User, at: datetime) -> Iterator[Task]:
    line = specs.working_draft(system=system)
    if line is not None and can(specs_policies.check_can_ratify, by=by, specification=line, at=at):
        why = ("Its deliberation adopted it.", f"{line.drafter} drafted it, so another must ratify it.")
        yield Task(f"Ratify: {system.name}", why, "Read and ratify", reverse("draft", args=[system.key]))
    for sheet in specs.sheets(system=system, by=by):
        if not sheet.is_approved and can(
            specs_policies.check_can_approve_sheet, by=by, system=system, sheet=sheet, at=at
        ):
            why = (f"{sheet.written_by} wrote it, so another must approve it.", "Until then the metric cannot gate.")
            yield Task(f"Approve the sheet of {sheet.metric}", why, "Read it", reverse("sheets", args=[system.key]))


def _out_of_band(system: AISystem, by: User, at: datetime) -> Iterator[Task]:
    if not {"engineer", "board_member", "steward"} & set(systems.roles_of(by=by, system=system, at=at)):
        return
    url = reverse("system", args=[system.key])
    for row in monitoring.standing_promotions(by=by, system=system):
        why = (f"{row.model_version} is live in {row.context_key}.", "No approval holds for it there.")
        yield Task("Out of band", why, "See what is unmet", url)
    for claim in monitoring.standing_claims(by=by, system=system):
        how = f"came into stage {claim.after}" if claim.kind == "stage" else f"was copied from {claim.after}"
        why = (f"{claim.model_version} {how}.", "No approval of its files stands.")
        yield Task("Out of band", why, "See what to do", url)
    for mark in monitoring.standing_marks(by=by, system=system):
        why = (f"MLflow's {mark.kind} {mark.key} was changed past Edgewise.", "It is being set right again.")
        yield Task("Out of band", why, "See what it said", url)
    for incident in monitoring.standing_incidents(by=by, system=system):
        why = (f"{incident.model_version} has other files than before.", "Nothing can rest on it any more.")
        yield Task("Integrity incident", why, "See which files", url)


def _changed(seen: list[AISystem], *, since: datetime) -> list[log.Line]:
    wanted: dict[str, Any] = {"since": since, "without": QUIET, "limit": NEWEST}
    told = [entry for system in seen for entry in audit.entries(system=system.key, **wanted)]
    return log.lines(sorted(told, key=lambda entry: entry.leaf_id, reverse=True)[:NEWEST])
