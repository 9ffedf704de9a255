"""Deliberations: questions, voting, positions, outcomes with dissent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.pagination import Pages
from api.rest.fields import (
    LARGEST_INTEGER,
    DocumentField,
    Moment,
    OneOf,
    Person,
    RowsField,
    digest_field,
    key_field,
    text_field,
)
from governance.deliberation import selectors, services
from governance.deliberation.models import Ballot, Deliberation, Outcome, Position
from governance.deliberation.states import DeliberationState
from governance.deliberation.tally import RULES
from governance.systems import selectors as systems


class DeliberationRow(serializers.Serializer):
    """A question put to stakeholder groups."""

    id = serializers.IntegerField()
    system = serializers.CharField(source="system.key")
    subject = serializers.CharField()
    subject_digest = serializers.CharField()
    question = serializers.CharField()
    state = serializers.CharField()
    rule = serializers.CharField()
    seated_groups = RowsField()
    prepared_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    voting_from = serializers.DateTimeField(allow_null=True)
    voting_until = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class OutcomeRow(serializers.Serializer):
    """What the ballots came to, under every rule, with the dissent beside it."""

    winner = serializers.CharField()
    dissent = serializers.CharField()
    document = DocumentField()
    digest = serializers.CharField()
    decided_by = Person()
    decided_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class TurnoutRow(serializers.Serializer):
    """How many seats a group has and how many of them voted: null where `withheld` says why that is not told."""

    seats = serializers.IntegerField()
    voted = serializers.IntegerField(allow_null=True)
    withheld = serializers.CharField()


class DeliberationDetail(DeliberationRow):
    """A question with its options, quorums, turnout by group, and outcome."""

    framing = serializers.CharField()
    options = RowsField()
    quorum = serializers.IntegerField()
    group_quorum = serializers.IntegerField()
    smallest_group = serializers.IntegerField()
    turnout = serializers.SerializerMethodField()
    outcome = OutcomeRow(allow_null=True)
    answer = serializers.CharField()

    @extend_schema_field(serializers.DictField(child=TurnoutRow()))
    def get_turnout(self, deliberation: Deliberation) -> dict[str, Any]:
        """Return seats and votes of each seated group."""
        found = selectors.turnout(deliberation=deliberation)
        return {group: TurnoutRow(row).data for group, row in found.items()}


class PositionRow(serializers.Serializer):
    """What a participant said under their own name."""

    id = serializers.IntegerField()
    user = Person()
    group = serializers.CharField(source="group_key")
    kind = serializers.CharField()
    text = serializers.CharField()
    stated_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class OwnBallot(serializers.Serializer):
    """The reader's own newest ballot. `commitment` is what the log holds of it: a receipt proves that a ballot was
    recorded, never how it was cast, since the salt under it stays with the server."""

    ranking = RowsField()
    commitment = serializers.CharField()
    seat = serializers.UUIDField(source="pseudonym")
    cast_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class Option(Given):
    """One answer that can be ranked."""

    key = key_field()
    text = text_field()


class NewDeliberation(Given):
    """A question with its options, its roll and its rule, chosen before anybody votes."""

    subject = serializers.CharField(max_length=200)
    subject_digest = digest_field()
    question = text_field()
    framing = text_field()
    options = Option(many=True, max_length=50)  # type: ignore[call-arg]
    seated_groups = serializers.ListField(child=key_field(), max_length=100)
    rule = OneOf(sorted(RULES))
    quorum = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    group_quorum = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    smallest_group = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    proposer = serializers.CharField(max_length=254, help_text="An account's id or address.")


class VotingTime(Given):
    """When voting closes."""

    until = Moment()


class NewPosition(Given):
    """A statement, or a dissent that will stand beside the outcome."""

    kind = OneOf([Position.STATEMENT, Position.DISSENT])
    text = text_field()


class NewBallot(Given):
    """Options by key, best first."""

    ranking = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50)


class Answer(Given):
    """What became of what was said."""

    answer = text_field()


class Wanted(Given):
    """Which deliberations."""

    system = key_field(required=False)
    state = OneOf(DeliberationState.choices, required=False)


class Deliberations(Endpoint):
    """All deliberations that one may see."""

    pagination_class = Pages

    @operation(
        "deliberation_list",
        summary="The deliberations that one may see",
        asks=Wanted,
        gives=DeliberationRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any]) -> Any:
        key = given.get("system")
        rows = selectors.deliberations(by=self.by, system=systems.system(key=key, by=self.by) if key else None)
        return rows.filter(state=given["state"]) if "state" in given else rows


class SystemDeliberations(Endpoint):
    """A new question on a system."""

    @operation(verb="deliberation.deliberation.prepare", takes=NewDeliberation, gives=DeliberationDetail, status=201)
    def post(self, given: dict[str, Any], system: str) -> Deliberation:
        proposer = systems.person(reference=given.pop("proposer"), by=self.by)
        options = [dict(option) for option in given.pop("options")]
        return services.prepare(system_key=system, options=options, proposer=proposer, **given, **self.acting)


class DeliberationView(Endpoint):
    """One deliberation."""

    @operation("deliberation_read", summary="A deliberation with turnout and outcome", gives=DeliberationDetail)
    def get(self, given: dict[str, Any], deliberation: int) -> Deliberation:
        return selectors.deliberation(deliberation_id=deliberation, by=self.by)


class Opening(Endpoint):
    """The roll freezes."""

    @operation(verb="deliberation.deliberation.open", gives=DeliberationDetail)
    def post(self, given: dict[str, Any], deliberation: int) -> Deliberation:
        return services.open_deliberation(deliberation_id=deliberation, **self.acting)


class Voting(Endpoint):
    """Options and rule freeze."""

    @operation(verb="deliberation.voting.open", takes=VotingTime, gives=DeliberationDetail)
    def post(self, given: dict[str, Any], deliberation: int) -> Deliberation:
        return services.open_voting(deliberation_id=deliberation, until=given["until"], **self.acting)


class Positions(Endpoint):
    """Statements and dissents."""

    @operation(
        "deliberation_position_list", summary="Statements and dissents, oldest first", gives=PositionRow(many=True)
    )
    def get(self, given: dict[str, Any], deliberation: int) -> Any:
        return selectors.positions(deliberation=selectors.deliberation(deliberation_id=deliberation, by=self.by))

    @operation(verb="deliberation.position.state", takes=NewPosition, gives=PositionRow, status=201)
    def post(self, given: dict[str, Any], deliberation: int) -> Position:
        return services.state_position(deliberation_id=deliberation, **given, **self.acting)


class BallotBox(Endpoint):
    """One's own ballot, and nobody else's."""

    @operation("deliberation_ballot_read", summary="One's own newest ballot", gives=OwnBallot)
    def get(self, given: dict[str, Any], deliberation: int) -> Ballot:
        return selectors.cast_ballot(deliberation_id=deliberation, **self.acting)

    @operation(verb="deliberation.ballot.cast", takes=NewBallot, gives=OwnBallot, status=201, replayable=False)
    def post(self, given: dict[str, Any], deliberation: int) -> Ballot:
        return services.cast_ballot(deliberation_id=deliberation, ranking=given["ranking"], **self.acting)


class Counting(Endpoint):
    """Ballots become an outcome."""

    @operation(verb="deliberation.deliberation.decide", gives=OutcomeRow, status=201)
    def post(self, given: dict[str, Any], deliberation: int) -> Outcome:
        return services.decide(deliberation_id=deliberation, **self.acting)


class Closing(Endpoint):
    """The answer to the participants."""

    @operation(verb="deliberation.deliberation.close", takes=Answer, gives=DeliberationDetail)
    def post(self, given: dict[str, Any], deliberation: int) -> Deliberation:
        return services.close(deliberation_id=deliberation, answer=given["answer"], **self.acting)
