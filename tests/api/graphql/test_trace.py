"""From what is live, or from an approval, to everything that it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from governance.approvals.models import Approval
from governance.audit import services as audit
from governance.deliberation import services as deliberation
from governance.deliberation.models import Ballot, Deliberation, Seat
from tests.api.asking import Asking
from tests.api.graphql.querying import LIVE, OF_APPROVAL, ask, codes, found
from tests.api.watching import seen_live
from tests.factories.world import World


class CautiousWorld(World):
    """A world whose tallies hide groups of fewer than five."""

    def prepare_deliberation(
        self, *, digest: str, groups: tuple[str, ...] = ("good-health", "limited", "poor-health")
    ) -> Deliberation:
        """Let the facilitator prepare the question whether to adopt the draft."""
        return deliberation.prepare(
            system_key="outreach",
            subject="specification:outreach",
            subject_digest=digest,
            question="Shall this specification be adopted?",
            framing="It says below which share of seen need no letter goes out.",
            options=[{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
            seated_groups=list(groups),
            rule="majority",
            quorum=3,
            group_quorum=1,
            smallest_group=5,
            proposer=self.people.steward,
            by=self.people.facilitator,
            at=self.tick(),
        )


@pytest.fixture
def approval(world: World, approval: Approval) -> Approval:
    """An approval that is live."""
    seen_live(world, approval.model_version)
    return approval


def places(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every place in the log that stands anywhere in an answer."""
    if isinstance(part, dict):
        if "entry" in part:
            yield part["entry"]
        for value in part.values():
            yield from places(value)
    elif isinstance(part, list):
        for value in part:
            yield from places(value)


@pytest.mark.expectation(13)
def test_one_query_leads_from_a_live_alias_to_everything_it_rests_on(asking: Asking, approval: Approval) -> None:
    live = found(asking, "auditor", LIVE, alias="live-phone")["live"]
    traced = live["approval"]
    decision, revision = traced["decision"], traced["decision"]["revision"]
    specification, asked = revision["specification"], revision["specification"]["deliberation"]
    assert (live["context"], live["unmet"], traced["id"]) == ("us/outreach/phone", [], str(approval.pk))
    assert (decision["outcome"], decision["decidedBy"]["name"]) == ("approved", "Board")
    assert [(s["person"]["name"], s["role"], s["group"], s["stance"]) for s in revision["signOffs"]] == [
        ("Board", "board_member", "", "approve"),
        ("Second Board", "board_member", "", "approve"),
        ("Representative", "representative", "poor-health", "approve"),
    ]
    assert all(cell["verdict"] == "PASS" for row in revision["report"]["criteria"] for cell in row["cells"])
    assert [run["digest"] for run in revision["report"]["evidence"]] == [
        approval.decision.revision.report.evidence[0][1]
    ]
    assert len(revision["report"]["evidence"][0]["observations"]) == 10
    assert (specification["version"], specification["ratification"]["by"]["name"]) == ("1.0.0", "Board")
    assert asked["outcome"]["winner"] == "adopt"
    assert asked["dissent"][0]["text"] == asked["outcome"]["dissent"]
    assert {node["kind"] for node in traced["modelVersion"]["lineage"]["nodes"]} >= {"run", "logged-model", "version"}
    assert len({place["leaf"] for place in places(live)}) == 12


def test_every_step_says_where_the_log_holds_it(asking: Asking, world: World, approval: Approval) -> None:
    before = found(asking, "auditor", OF_APPROVAL, id=approval.pk)
    assert {(place["index"], place["mark"]) for place in places(before)} == {(None, "recorded")}
    audit.integrate(at=world.tick())
    after = list(places(found(asking, "auditor", OF_APPROVAL, id=approval.pk)))
    assert {place["mark"] for place in after} == {"in-tree"}
    assert all(isinstance(place["index"], int) for place in after)
    assert {place["leaf"] for place in after} == {place["leaf"] for place in places(before)}


def test_an_unapproved_live_version_says_what_is_missing(asking: Asking, world: World, approval: Approval) -> None:
    seen_live(world, world.mirror("2"))
    live = found(asking, "auditor", LIVE, alias="live-phone")["live"]
    assert live["approval"] is None
    assert "registration" in {row["key"] for row in live["unmet"]}


def test_a_digest_leads_to_its_approvals(asking: Asking, approval: Approval) -> None:
    query = "query Q($digest: Digest!) { approvals(digest: $digest) { id } }"
    assert found(asking, "auditor", query, digest=approval.artifact_digest) == {"approvals": [{"id": str(approval.pk)}]}
    assert found(asking, "auditor", query, digest="0" * 64) == {"approvals": []}


def test_neither_ballots_nor_salts_nor_seats_are_told(asking: Asking, approval: Approval) -> None:
    told = json.dumps(found(asking, "auditor", OF_APPROVAL, id=approval.pk))
    secrets = [*Ballot.objects.values_list("salt", "commitment", "pseudonym"), *Seat.objects.values_list("pseudonym")]
    assert secrets
    assert not [secret for row in secrets for secret in row if str(secret) in told]


@pytest.mark.django_db
def test_what_few_people_said_is_withheld_with_a_reason() -> None:
    world = CautiousWorld.begin()
    approval = world.approve()
    data = found(Asking(world), "auditor", OF_APPROVAL, id=approval.pk)
    outcome = data["approval"]["decision"]["revision"]["specification"]["deliberation"]["outcome"]
    assert {(row["turnout"], row["approvals"]) for row in outcome["groups"]} == {("fewer than 5", None)}
    assert {row["values"] for row in outcome["results"]} == {None}
    assert all("5" in row["withheld"] for row in outcome["groups"] + outcome["results"])


def test_a_revoked_approval_says_so(asking: Asking, world: World, approval: Approval) -> None:
    asking.post("board", f"approvals/{approval.pk}/revoke", {"reason": "It misses people."})
    query = (
        "query Q($id: ID!) { approval(id: $id) { state endedBecause ending { reason by { name } entry { leaf } } } }"
    )
    ended = found(asking, "auditor", query, id=approval.pk)["approval"]
    assert (ended["state"], ended["ending"]["by"]["name"]) == ("revoked", "Board")
    assert ended["ending"]["reason"] in ended["endedBecause"]


def test_pages_of_approvals_follow_each_other(asking: Asking, world: World, approval: Approval) -> None:
    second = world.approve("2")
    query = "query Q($before: ID) { approvals(first: 1, before: $before) { id } }"
    newest = found(asking, "auditor", query)["approvals"]
    older = found(asking, "auditor", query, before=newest[0]["id"])["approvals"]
    assert [row["id"] for row in newest + older] == [str(second.pk), str(approval.pk)]
    too_many = "query Q($first: Int) { approvals(first: $first) { id } }"
    assert codes(ask(asking, "auditor", too_many, first=21)) == ["invalid"]
