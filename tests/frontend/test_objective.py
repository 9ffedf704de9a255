"""What training says that it aimed at: read strictly, shown to signers, and a learned policy is governed itself."""

from __future__ import annotations

import pytest

from governance.approvals import services as approvals
from governance.approvals.models import ReleaseCandidate
from governance.approvals.selectors import newest_revision
from governance.errors import Invalid, NotAllowedNow
from governance.evidence import objective
from governance.specs.models import SpecificationVersion
from lineage import tags
from lineage.models import ModelVersion
from tests.factories.world import PHONE, World
from tests.frontend.conftest import SignedIn

FIXED = "{kind: scalarised, terms: {helpfulness: 0.6, harmlessness: 0.4}, specification: 1.0.0}"
LEARNED = """
kind: learned-policy
policy: models:/outreach-model/2
digest: "DIGEST"
observed:
  us/outreach/phone:
    helpfulness: {low: 0.2, mean: 0.6, high: 0.9}
"""


def aimed(version: ModelVersion, text: str) -> None:
    assert version.run is not None
    version.run.tags = {tags.OBJECTIVE: text}
    version.run.save(update_fields=["tags"])


def opened(world: World, text: str, *, number: str = "1") -> ReleaseCandidate:
    report = world.judged(number=number)
    aimed(report.model_version, text)
    return approvals.open_candidate(
        system_key="outreach",
        version=report.model_version,
        context_key=PHONE,
        by=world.people.engineer,
        at=world.tick(),
    )


@pytest.fixture(autouse=True)
def _in_force(specification: SpecificationVersion) -> None: ...


def test_fixed_factors_are_part_of_what_is_signed_and_shown(world: World, as_person: SignedIn) -> None:
    candidate = opened(world, FIXED)
    [signed] = newest_revision(candidate).content()["objectives"]
    assert signed["terms"] == {"helpfulness": "0.6", "harmlessness": "0.4"}
    assert signed["run"] == "train-1"
    page = as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text
    assert "added values up at fixed factors" in page
    assert "harmlessness" in page


def test_where_nobody_said_anything_the_page_says_so(world: World, as_person: SignedIn) -> None:
    candidate = world.open_candidate()
    assert newest_revision(candidate).content()["objectives"] == []
    assert "says what it optimised" in as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text


def test_a_learned_policy_must_be_registered_by_its_bytes(world: World, as_person: SignedIn) -> None:
    with pytest.raises(NotAllowedNow, match="Register it first: edgewise register models:/outreach-model/2") as refusal:
        opened(world, LEARNED.replace("DIGEST", "ab" * 32))
    assert refusal.value.code == "policy-unregistered"
    policy = world.register("2").model_version
    candidate = opened(world, LEARNED.replace("DIGEST", policy.digest), number="3")
    page = as_person(world.people.board).get(f"/candidates/{candidate.pk}/").text
    assert "let the learned policy" in page
    assert "us/outreach/phone" in page


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{kind: scalarised}", "scalarised.terms"),
        ("{kind: scalarised, terms: {a: x}}", "terms.a"),
        ("{kind: scalarised, terms: {a: true}}", "terms.a"),
        ("{kind: scalarised, terms: {a: .nan}}", "terms.a"),
        ("{kind: scalarised, terms: {}, note: x}", "note"),
        ("{kind: guess}", "document"),
        ("kind: learned-policy\npolicy: here\ndigest: abc\nobserved: {}\n", "policy (line 2, column 9)"),
        ("- a", "document"),
        ("{", "document"),
    ],
)
def test_a_tag_that_cannot_be_read_is_named_with_run_and_place(text: str, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        objective.read(text, run="run-1")
    assert refusal.value.code == "objective-unusable"
    assert "run run-1" in refusal.value.message
    assert where.rpartition(".")[2] in " ".join(map(str, refusal.value.problems))


def test_a_tag_that_cannot_be_read_opens_no_candidate(world: World) -> None:
    with pytest.raises(Invalid, match="of run train-1 cannot be read"):
        opened(world, "{kind: guess}")
    assert ReleaseCandidate.objects.count() == 0
