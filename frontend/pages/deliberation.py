"""What the pages of a deliberation show; never how somebody voted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend.forms.deliberation import BallotForm, CloseForm, OpenVotingForm, PositionForm
from frontend.forms.service import ServiceForm
from frontend.pages import audit as log
from governance.accounts.models import User
from governance.audit import selectors as audit
from governance.deliberation import policies, selectors
from governance.deliberation.models import Deliberation, Outcome
from governance.systems.policies import can, refusal_of


def forms() -> dict[str, ServiceForm]:
    """Return the page's forms, unsent."""
    return {
        "ballot": BallotForm(),
        "position": PositionForm(),
        "open": ServiceForm(),
        "open_voting": OpenVotingForm(),
        "decide": ServiceForm(),
        "close": CloseForm(),
    }


def content(*, deliberation: Deliberation, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page of `deliberation` shows to `by` at `at`."""
    ballot = selectors.own_ballot(deliberation=deliberation, by=by)
    positions = selectors.positions(deliberation=deliberation)
    timeline = log.lines(reversed(audit.entries(subject=f"deliberation:{deliberation.pk}")))
    leaves = [p.leaf_id for p in positions] + [line.entry.leaf_id for line in timeline]
    leaves += [ballot.leaf_id] if ballot else []
    allowed = may(deliberation=deliberation, by=by, at=at)
    return {
        "deliberation": deliberation,
        "seat": selectors.seat_of(deliberation=deliberation, by=by),
        "ballot": ballot,
        "chosen": _texts(deliberation, ballot.ranking) if ballot else [],
        "places": range(2, len(deliberation.options) + 1),
        "positions": [p for p in positions if p.kind == "statement"],
        "dissents": [p for p in positions if p.kind == "dissent"],
        "turnout": selectors.turnout(deliberation=deliberation),
        "timeline": timeline,
        "marks": audit.marks(leaves),
        "may": allowed,
        "uncountable": _uncountable(deliberation=deliberation, by=by, at=at) if allowed["wait"] else "",
        "forms": forms(),
        **outcome_of(deliberation),
    }


def may(*, deliberation: Deliberation, by: User, at: datetime) -> dict[str, bool]:
    """Return what `by` may do in the deliberation now; "wait" is theirs who will count once voting has closed."""
    seated: dict[str, Any] = {"by": by, "deliberation": deliberation, "at": at}
    steps = {"open": "draft", "open_voting": "open", "close": "decided"}
    waits = can(policies.check_can_run, state="voting", **seated)
    return {
        "vote": can(policies.check_can_vote, **seated),
        "state": can(policies.check_can_state, **seated),
        **{step: can(policies.check_can_run, state=state, **seated) for step, state in steps.items()},
        "decide": waits and not _uncountable(**seated),
        "wait": waits,
    }


def _uncountable(*, deliberation: Deliberation, by: User, at: datetime) -> str:
    """Return why `by` cannot count the ballots now; empty when they can."""
    return refusal_of(
        policies.check_can_decide,
        by=by,
        deliberation=deliberation,
        voters=selectors.voters(deliberation=deliberation),
        proposer_seat=selectors.proposer_seat(deliberation=deliberation),
        at=at,
    )


def outcome_of(deliberation: Deliberation) -> dict[str, Any]:
    """Return what was decided, with the tallies and the dissent beside it; empty fields while nothing is."""
    outcome: Outcome | None = getattr(deliberation, "outcome", None)
    texts = {option["key"]: option["text"] for option in deliberation.options}
    if outcome is None:
        return {"outcome": None, "deliberated": deliberation, "option_texts": texts}
    return {
        "outcome": outcome,
        "deliberated": deliberation,
        "option_texts": texts,
        "winner_text": texts.get(outcome.winner, ""),
        "tally": _tally(outcome),
        "filed_dissents": selectors.dissents(deliberation=deliberation),
    }


def _tally(outcome: Outcome) -> list[dict[str, Any]]:
    """Return each rule's result with its values, or the sentence that says why they are withheld."""
    rows = []
    for result in outcome.document["results"]:
        values = result["values"]
        withheld = values if isinstance(values, str) else ""
        rows.append(result | {"withheld": withheld})
    return rows


def _texts(deliberation: Deliberation, ranking: list[str]) -> list[str]:
    texts = {option["key"]: option["text"] for option in deliberation.options}
    return [texts[key] for key in ranking]
