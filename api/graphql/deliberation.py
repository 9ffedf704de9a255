"""Deliberations and what they came to: never a ballot, a salt, or whose seat it was."""

from __future__ import annotations

from typing import Any

import graphene

from api.graphql.accounts import Person
from api.graphql.log import Logged
from api.graphql.shapes import Moment, every, link, sealed, words
from governance.deliberation.models import Deliberation as Deliberated
from governance.deliberation.models import Outcome as Counted
from governance.deliberation.models import Position


class Option(graphene.ObjectType):
    """One answer that could be ranked."""

    key = graphene.String(required=True)
    text = graphene.String(required=True)


class Share(graphene.ObjectType):
    """What one option got, a decimal string."""

    option = graphene.String(required=True)
    value = graphene.String(required=True)


class GroupTurnout(graphene.ObjectType):
    """How one seated group took part; small groups are not counted out."""

    group = graphene.String(required=True)
    turnout = graphene.String(required=True)
    needed = graphene.Int(required=True)
    met = graphene.Boolean(required=True)
    approvals = graphene.List(graphene.NonNull(Share), description="Null where they are withheld.")
    withheld = graphene.String(description="Why the approvals are withheld.")

    @staticmethod
    def resolve_approvals(group: dict[str, Any], info: graphene.ResolveInfo) -> list[dict[str, str]] | None:
        """Return how many approve each option."""
        return _shares(group["approvals"])

    @staticmethod
    def resolve_withheld(group: dict[str, Any], info: graphene.ResolveInfo) -> str | None:
        """Return why that is not shown."""
        return _withheld(group["approvals"])


class RuleResult(graphene.ObjectType):
    """What the ballots come to under one voting rule; the one that was chosen before the vote decides."""

    rule = graphene.String(required=True)
    chosen = graphene.Boolean(required=True)
    winner = graphene.String()
    tie = graphene.Field(every(graphene.String))
    note = graphene.String(required=True)
    values = graphene.List(graphene.NonNull(Share), description="Null where they are withheld.")
    withheld = graphene.String(description="Why the values are withheld.")

    @staticmethod
    def resolve_values(result: dict[str, Any], info: graphene.ResolveInfo) -> list[dict[str, str]] | None:
        """Return what each option got."""
        return _shares(result["values"])

    @staticmethod
    def resolve_withheld(result: dict[str, Any], info: graphene.ResolveInfo) -> str | None:
        """Return why that is not shown."""
        return _withheld(result["values"])


class Quorum(graphene.ObjectType):
    """How many took part, of how many that were needed."""

    turnout = graphene.Int(required=True)
    needed = graphene.Int(required=True)
    met = graphene.Boolean(required=True)


class Dissent(Logged, graphene.ObjectType):
    """What somebody held against the outcome, under their own name; it stands beside it for ever."""

    person = link(Person, "user")
    group = graphene.String(required=True, source="group_key")
    text = sealed()
    at = Moment(required=True, source="stated_at")


class Outcome(Logged, graphene.ObjectType):
    """What the ballots came to, under every rule."""

    winner = graphene.String(required=True, description="The key of an option; empty when none won.")
    quorate = graphene.Boolean(required=True)
    quorum = graphene.Field(Quorum, required=True)
    groups = graphene.Field(every(GroupTurnout))
    results = graphene.Field(every(RuleResult))
    dissent = graphene.String(required=True, description="The dissent in one text, or “none filed”.")
    digest = graphene.String(required=True)
    decided_by = link(Person, "decided_by")
    decided_at = Moment(required=True)

    @staticmethod
    def resolve_dissent(outcome: Counted, info: graphene.ResolveInfo) -> str:
        """Return every dissent in one text."""
        filed = _dissents(info.context.rows.one(outcome, "deliberation"), info)
        return "\n\n".join(words(position, "text", info=info) for position in filed) or Counted.NONE_FILED

    @staticmethod
    def resolve_quorate(outcome: Counted, info: graphene.ResolveInfo) -> Any:
        """Return whether quorum was reached, overall and in each group."""
        return outcome.document["quorate"]

    @staticmethod
    def resolve_quorum(outcome: Counted, info: graphene.ResolveInfo) -> Any:
        """Return the quorum overall."""
        return outcome.document["quorum"]

    @staticmethod
    def resolve_groups(outcome: Counted, info: graphene.ResolveInfo) -> Any:
        """Return the turnout of each group."""
        return outcome.document["groups"]

    @staticmethod
    def resolve_results(outcome: Counted, info: graphene.ResolveInfo) -> Any:
        """Return the result under each rule."""
        return outcome.document["results"]


class Deliberation(graphene.ObjectType):
    """A question put to stakeholder groups, with the rule chosen before the vote."""

    id = graphene.ID(required=True)
    question = graphene.String(required=True)
    framing = graphene.String(required=True)
    options = graphene.Field(every(Option))
    seated_groups = graphene.Field(every(graphene.String))
    rule = graphene.String(required=True)
    quorum = graphene.Int(required=True)
    group_quorum = graphene.Int(required=True)
    smallest_group = graphene.Int(required=True)
    state = graphene.String(required=True)
    answer = graphene.String(required=True, description="What became of what was said; empty until it is closed.")
    outcome = link(Outcome, "outcome", required=False)
    dissent = graphene.Field(every(Dissent))

    @staticmethod
    def resolve_dissent(deliberation: Deliberated, info: graphene.ResolveInfo) -> list[Position]:
        """Return each dissent with its own entry in the log."""
        return _dissents(deliberation, info)


def _dissents(deliberation: Deliberated, info: graphene.ResolveInfo) -> list[Position]:
    positions = info.context.rows.many(deliberation, "positions")
    return [position for position in positions if position.kind == Position.DISSENT]


def _shares(stored: dict[str, Any] | str) -> list[dict[str, str]] | None:
    """Return the stored figures; None where few people would be recognised by them, and a sentence stands instead."""
    if isinstance(stored, str):
        return None
    return [{"option": option, "value": str(value)} for option, value in sorted(stored.items())]


def _withheld(stored: dict[str, Any] | str) -> str | None:
    return stored if isinstance(stored, str) else None
