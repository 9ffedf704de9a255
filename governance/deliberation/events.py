"""What happens in a deliberation. Ballots enter the log as commitments of pseudonymous seats."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.event import Event, sealed


@dataclass(frozen=True, kw_only=True)
class DeliberationPrepared(Event):
    """A question was prepared, with its options, rule and quorums."""

    type = "deliberation.deliberation.prepared"
    about: str
    about_digest: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class DeliberationOpened(Event):
    """The roll was frozen and statements may be made."""

    type = "deliberation.deliberation.opened"
    seats: dict[str, int]
    roll_digest: str


@dataclass(frozen=True, kw_only=True)
class VotingOpened(Event):
    """Options and rule were frozen and ballots may be cast."""

    type = "deliberation.voting.opened"
    rule: str
    until: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class PositionStated(Event):
    """A participant stated a position, or dissented."""

    type = "deliberation.position.stated"
    kind: str
    group: str
    text: str = sealed()


@dataclass(frozen=True, kw_only=True)
class BallotCast(Event):
    """A seat cast a ballot; which one, only its commitment says."""

    type = "deliberation.ballot.cast"
    commitment: str


@dataclass(frozen=True, kw_only=True)
class DeliberationDecided(Event):
    """The ballots were counted and the outcome recorded with its dissent."""

    type = "deliberation.deliberation.decided"
    winner: str
    digest: str
    commitments_digest: str


@dataclass(frozen=True, kw_only=True)
class DeliberationClosed(Event):
    """The answer to the participants was published."""

    type = "deliberation.deliberation.closed"
    answer_digest: str
