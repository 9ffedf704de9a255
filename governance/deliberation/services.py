"""The only writers of deliberations."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from datetime import datetime
from typing import Any

from governance import actions, canonical
from governance.accounts.models import User
from governance.audit import services as audit
from governance.audit.sealed import commitments
from governance.deliberation import counting, events, policies
from governance.deliberation.models import Ballot, Deliberation, Outcome, Position, Seat
from governance.deliberation.rules import SMALLEST_SHOWN
from governance.deliberation.states import DeliberationState
from governance.deliberation.tally import RULES
from governance.errors import Invalid, NotAllowedNow, Problem, no_such
from governance.systems.models import RoleGrant
from governance.systems.roles import OF_A_GROUP
from governance.systems.selectors import groups_exist
from governance.systems.services import locked_system

LONGEST_KEY = 60


@actions.action(verb="deliberation.deliberation.prepare", permission="deliberation.run")
def prepare(
    *,
    system_key: str,
    subject: str,
    subject_digest: str,
    question: str,
    framing: str,
    options: list[dict[str, str]],
    seated_groups: list[str],
    rule: str,
    quorum: int,
    group_quorum: int,
    smallest_group: int,
    proposer: User,
    by: User,
    at: datetime,
) -> Deliberation:
    """Prepare a question about `subject` (of which `subject_digest` is the exact content) with its options and rule.

    Raises NotPermitted, or Invalid naming each field that will not do.
    """
    system = locked_system(system_key)
    policies.check_can_prepare(by=by, system=system, at=at)
    _check_design(
        options=options, seated_groups=seated_groups, rule=rule, counts=(quorum, group_quorum, smallest_group)
    )
    groups_exist(system=system, keys=set(seated_groups))
    deliberation = Deliberation.objects.create(
        system=system,
        subject=subject,
        subject_digest=subject_digest,
        question=question,
        framing=framing,
        options=options,
        seated_groups=sorted(seated_groups),
        rule=rule,
        quorum=quorum,
        group_quorum=group_quorum,
        smallest_group=smallest_group,
        proposer=proposer,
        facilitator=by,
        prepared_at=at,
    )
    event = events.DeliberationPrepared(
        subject=_id(deliberation), about=subject, about_digest=subject_digest, digest=design_digest(deliberation)
    )
    _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return deliberation


@actions.action(verb="deliberation.deliberation.open", permission="deliberation.run", states=("draft",))
def open_deliberation(*, deliberation_id: int, by: User, at: datetime) -> Deliberation:
    """Freeze the roll (everybody who holds a role for a seated group today) and open for statements."""
    deliberation = _locked(deliberation_id)
    policies.check_can_run(by=by, deliberation=deliberation, state=DeliberationState.DRAFT, at=at)
    seats = _seats(deliberation, at=at)
    empty = sorted(set(deliberation.seated_groups) - {seat.group_key for seat in seats})
    if empty:
        raise NotAllowedNow(f"Nobody holds a seat for {', '.join(empty)}; grant participants first.")
    Seat.objects.bulk_create(seats)
    deliberation.state, deliberation.opened_at = DeliberationState.OPEN, at
    deliberation.save(update_fields=["state", "opened_at"])
    roll = sorted((str(seat.pseudonym), seat.group_key) for seat in seats)
    event = events.DeliberationOpened(
        subject=_id(deliberation),
        seats=dict(Counter(seat.group_key for seat in seats)),
        roll_digest=canonical.digest([list(row) for row in roll]),
    )
    _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return deliberation


@actions.action(verb="deliberation.voting.open", permission="deliberation.run", states=("open",))
def open_voting(*, deliberation_id: int, until: datetime, by: User, at: datetime) -> Deliberation:
    """Freeze options and rule and take ballots until `until`."""
    deliberation = _locked(deliberation_id)
    policies.check_can_run(by=by, deliberation=deliberation, state=DeliberationState.OPEN, at=at)
    if until <= at:
        problem = Problem("until", "lies in the past.", "Choose a later moment.")
        raise Invalid(str(problem), problems=(problem,))
    deliberation.state, deliberation.voting_from, deliberation.voting_until = DeliberationState.VOTING, at, until
    deliberation.save(update_fields=["state", "voting_from", "voting_until"])
    event = events.VotingOpened(
        subject=_id(deliberation), rule=deliberation.rule, until=until.isoformat(), digest=design_digest(deliberation)
    )
    _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return deliberation


@actions.action(verb="deliberation.position.state", permission="deliberation.take_part", states=("open", "voting"))
def state_position(*, deliberation_id: int, kind: str, text: str, by: User, at: datetime) -> Position:
    """State a position, or a dissent that will stand beside the outcome, under one's own name."""
    deliberation = _locked(deliberation_id)
    seat = policies.check_can_state(by=by, deliberation=deliberation, at=at)
    if kind not in (Position.STATEMENT, Position.DISSENT):
        raise _invalid("kind", f"“{kind}” is unknown.", "Use statement or dissent.")
    if not text.strip():
        raise _invalid("text", "is empty.", "Say what you hold and why.")
    subject = f"{_id(deliberation)}:position:{deliberation.positions.count() + 1}"
    event = events.PositionStated(subject=subject, kind=kind, group=seat.group_key, text=text.strip())
    leaf = _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return Position.objects.create(
        deliberation=deliberation, user=by, group_key=seat.group_key, kind=kind, stated_at=at, leaf_id=leaf
    )


@actions.action(verb="deliberation.ballot.cast", permission="deliberation.take_part", states=("voting",))
def cast_ballot(*, deliberation_id: int, ranking: list[str], by: User, at: datetime) -> Ballot:
    """Cast a ballot that ranks options, best first; a later one supersedes it until the close.

    The log's actor is the pseudonymous seat, never the person. Raises NotPermitted, NotAllowedNow, Invalid.
    """
    deliberation = _locked(deliberation_id)
    seat = policies.check_can_vote(by=by, deliberation=deliberation, at=at)
    _check_ranking(ranking, options={option["key"] for option in deliberation.options})
    salt = secrets.token_hex(32)
    commitment = commitment_of(deliberation_id=deliberation.pk, seat=str(seat.pseudonym), ranking=ranking, salt=salt)
    event = events.BallotCast(subject=f"{_id(deliberation)}:seat:{seat.pseudonym}", commitment=commitment)
    leaf = _record(event, deliberation=deliberation, actor=f"seat:{seat.pseudonym}", at=at)
    return Ballot.objects.create(
        deliberation=deliberation,
        pseudonym=seat.pseudonym,
        group_key=seat.group_key,
        ranking=ranking,
        salt=salt,
        commitment=commitment,
        cast_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="deliberation.deliberation.decide", permission="deliberation.run", states=("voting",))
def decide(*, deliberation_id: int, by: User, at: datetime) -> Outcome:
    """Count the newest ballot of each seat, under every rule, and record the outcome with its dissent."""
    deliberation = _locked(deliberation_id)
    ballots = counting.newest_ballots(deliberation)
    voters = {str(ballot.pseudonym) for ballot in ballots}
    proposer = deliberation.seats.filter(user=deliberation.proposer).first()
    policies.check_can_decide(
        by=by,
        deliberation=deliberation,
        voters=voters,
        proposer_seat=str(proposer.pseudonym) if proposer else None,
        at=at,
    )
    counted = counting.count(deliberation, ballots=ballots)
    document = counted.document | {"dissent": _dissents(deliberation)}
    digest = canonical.digest(document)
    deliberation.state = DeliberationState.DECIDED
    deliberation.save(update_fields=["state"])
    event = events.DeliberationDecided(
        subject=_id(deliberation),
        winner=counted.winner,
        digest=digest,
        commitments_digest=canonical.digest(sorted(ballot.commitment for ballot in ballots)),
    )
    leaf = _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return Outcome.objects.create(
        deliberation=deliberation,
        winner=counted.winner,
        document=document,
        digest=digest,
        decided_by=by,
        decided_at=at,
        leaf_id=leaf,
    )


@actions.action(verb="deliberation.deliberation.close", permission="deliberation.run", states=("decided",))
def close(*, deliberation_id: int, answer: str, by: User, at: datetime) -> Deliberation:
    """Publish the answer to the participants (“you said, we did”) and close."""
    deliberation = _locked(deliberation_id)
    policies.check_can_run(by=by, deliberation=deliberation, state=DeliberationState.DECIDED, at=at)
    if not answer.strip():
        raise _invalid("answer", "is empty.", "Say what became of what was said.")
    deliberation.state, deliberation.answer, deliberation.closed_at = DeliberationState.CLOSED, answer.strip(), at
    deliberation.save(update_fields=["state", "answer", "closed_at"])
    event = events.DeliberationClosed(subject=_id(deliberation), answer_digest=canonical.digest(answer.strip()))
    _record(event, deliberation=deliberation, actor=by.actor, at=at)
    return deliberation


def commitment_of(*, deliberation_id: int, seat: str, ranking: list[str], salt: str) -> str:
    """Return the hexadecimal SHA-256 over the salt's bytes and the canonical ballot."""
    ballot = canonical.encode({"deliberation": deliberation_id, "ranking": ranking, "seat": seat})
    return hashlib.sha256(bytes.fromhex(salt) + ballot).hexdigest()


def design_digest(deliberation: Deliberation) -> str:
    """Return the digest of question, options, rule and quorums: what freezes when voting opens."""
    fields = ("question", "framing", "options", "seated_groups", "rule", "quorum", "group_quorum", "smallest_group")
    return canonical.digest({name: getattr(deliberation, name) for name in fields})


def _seats(deliberation: Deliberation, *, at: datetime) -> list[Seat]:
    grants = RoleGrant.objects.running(at=at).filter(
        system=deliberation.system,
        role__in=OF_A_GROUP,
        group_key__in=deliberation.seated_groups,
        user__is_active=True,
    )
    seats: dict[object, Seat] = {}
    for grant in grants.order_by("pk"):
        seats.setdefault(
            grant.user_id, Seat(deliberation=deliberation, user_id=grant.user_id, group_key=grant.group_key)
        )
    return list(seats.values())


def _dissents(deliberation: Deliberation) -> list[dict[str, str]]:
    """Return each dissent by what its entry commits to: the outcome stays provable when the words are erased."""
    rows = list(deliberation.positions.filter(kind=Position.DISSENT).order_by("pk"))
    committed = commitments([row.leaf_id for row in rows], name="text")
    return [{"group": row.group_key, "actor": str(row.user_id), "commitment": committed[row.leaf_id]} for row in rows]


def _check_design(
    *, options: list[dict[str, str]], seated_groups: list[str], rule: str, counts: tuple[int, int, int]
) -> None:
    keys = [option.get("key", "") for option in options]
    if len(keys) < 2 or len(set(keys)) != len(keys) or not all(keys):
        raise _invalid("options", "are fewer than two, or share a key.", "Give at least two, each with its own key.")
    if max(map(len, keys)) > LONGEST_KEY:
        raise _invalid("options", f"have a key of more than {LONGEST_KEY} characters.", "Shorten it.")
    if rule not in RULES:
        raise _invalid("rule", f"“{rule}” is unknown.", f"Use one of {', '.join(RULES)}.")
    if not seated_groups:
        raise _invalid("seated_groups", "is empty.", "Seat at least one stakeholder group.")
    if min(counts) < 1:
        raise _invalid("quorum", "and its companions are at least 1.", "Raise them.")
    if counts[2] < SMALLEST_SHOWN:
        what = f"is {counts[2]}: tallies of so few people tell how each of them voted."
        raise _invalid("smallest_group", what, f"Show groups of at least {SMALLEST_SHOWN}.")


def _check_ranking(ranking: list[str], *, options: set[str]) -> None:
    if not ranking or len(set(ranking)) != len(ranking) or not set(ranking) <= options:
        raise _invalid(
            "ranking", "names an unknown option, or one twice, or none.", f"Rank {', '.join(sorted(options))}."
        )


def _invalid(where: str, what: str, remedy: str) -> Invalid:
    problem = Problem(where, what, remedy)
    return Invalid(str(problem), problems=(problem,))


def _locked(deliberation_id: int) -> Deliberation:
    found = (
        Deliberation.objects.select_for_update(of=("self",)).select_related("system").filter(pk=deliberation_id).first()
    )
    if found is None:
        raise no_such("deliberation")
    return found


def _id(deliberation: Deliberation) -> str:
    return f"deliberation:{deliberation.pk}"


def _record(event: Any, *, deliberation: Deliberation, actor: str, at: datetime) -> int:
    return audit.record(event=event, actor=actor, system=deliberation.system.key, at=at)
