"""The gate on a version, beside what is approved in its context."""

from __future__ import annotations

import base64

import orjson
import pytest

from governance.approvals import issuing
from governance.approvals.models import Approval
from governance.gates import comparison, engine
from tests.factories.world import LETTER, PASSING, World

pytestmark = pytest.mark.django_db
WORSE = {**PASSING, "poor-health": (850, 1000)}


def _outcomes(report: object) -> dict[str, str]:
    return {change["group"]: change["outcome"] for change in report.content()["incumbent"]["changes"]}  # type: ignore[attr-defined]


def test_a_version_is_compared_group_by_group_with_what_is_approved(world: World, approval: Approval) -> None:
    report = world.judged(WORSE, number="2")
    assert report.verdict == "PASS"
    assert report.incumbent_digest == approval.artifact_digest
    assert report.content()["incumbent"]["relation"] == comparison.DOMINATED
    assert _outcomes(report) == dict.fromkeys(PASSING, "equal") | {"poor-health": "worse"}
    assert engine.differences(report.content()) == ()


def test_a_gain_for_one_group_and_a_loss_for_another_are_never_netted(world: World, approval: Approval) -> None:
    report = world.judged({**WORSE, "good-health": (990, 1000)}, number="2")
    assert report.content()["incumbent"]["relation"] == comparison.INCOMPARABLE
    assert (_outcomes(report)["good-health"], _outcomes(report)["poor-health"]) == ("better", "worse")


def test_the_statement_names_which_group_loses_and_by_how_much(world: World, approval: Approval) -> None:
    candidate = world.open_candidate(WORSE, number="2")
    world.sign_all(candidate)
    envelope = orjson.loads(bytes(world.decide(candidate).approval.envelope))
    stated = orjson.loads(base64.b64decode(envelope["payload"]))
    assert stated["predicate"]["incumbent"] == {
        "sha256": approval.artifact_digest,
        "relation": comparison.DOMINATED,
        "losses": [
            {
                "dimension": "need-is-seen",
                "metric": "recall",
                "group": "poor-health",
                "incumbent": "0.92",
                "candidate": "0.85",
            }
        ],
    }


def test_nothing_is_its_own_incumbent_and_judging_it_again_changes_nothing(world: World, approval: Approval) -> None:
    assert world.judge(approval.model_version) == approval.decision.revision.report


@pytest.mark.parametrize("context", ["elsewhere", "ended"])
def test_only_what_holds_in_the_context_is_an_incumbent(world: World, approval: Approval, context: str) -> None:
    if context == "ended":
        issuing.revoke(approval_id=approval.pk, reason="Harm was seen.", by=world.people.board, at=world.tick())
    version = world.register("2").model_version
    world.give_evidence(version)
    report = world.judge(version, LETTER) if context == "elsewhere" else world.judge(version)
    assert (report.content()["incumbent"], report.incumbent_digest) == (None, "")


def test_an_incumbent_without_evidence_under_the_specification_is_said_to_be_unknown(
    world: World, approval: Approval
) -> None:
    version = world.register("2").model_version
    report = world.judge(version)
    assert report.content()["incumbent"]["relation"] == comparison.NOT_EVALUATED
