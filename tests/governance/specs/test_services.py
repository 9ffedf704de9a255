"""A value specification from draft to ratification, and every way around it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, transaction

from governance import canonical
from governance.audit import selectors as log
from governance.deliberation import services as deliberation
from governance.errors import Conflict, Invalid, NotAllowedNow, NotFound, NotPermitted
from governance.specs import selectors, services
from governance.specs.models import SpecificationVersion
from governance.systems import services as systems
from tests.factories.world import SPECIFICATION, World
from tests.governance.refused import refused

TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
LOOSER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.60")
TABLE = "specs_specificationversion"


def _deliberated(world: World, text: str = SPECIFICATION) -> str:
    digest = world.draft(text)
    deliberated = world.prepare_deliberation(digest=digest)
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    world.open_voting(deliberated)
    world.vote(deliberated)
    deliberation.decide(deliberation_id=deliberated.pk, by=world.people.facilitator, at=world.tick())
    return digest


def _ratify(world: World, digest: str, *, name: str = "board") -> SpecificationVersion:
    by = world.people.by_name[name]
    return services.ratify(system_key="outreach", digest=digest, by=by, at=world.tick())


@pytest.mark.expectation(1)
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET text = 'other'",
        f"UPDATE {TABLE} SET document = 'x'::bytea",
        f"DELETE FROM {TABLE}",
        f"TRUNCATE {TABLE} CASCADE",
        f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL",
        f"DROP TABLE {TABLE} CASCADE",
    ],
)
def test_no_statement_changes_a_ratified_specification(statement: str, specification: SpecificationVersion) -> None:
    assert refused(statement)


@pytest.mark.expectation(1)
def test_the_orm_cannot_change_a_ratified_specification(specification: SpecificationVersion) -> None:
    specification.text = "other"
    with pytest.raises(Error), transaction.atomic():
        specification.save()
    with pytest.raises(Error), transaction.atomic():
        specification.delete()
    with pytest.raises(Error), transaction.atomic():
        SpecificationVersion.objects.filter(pk=specification.pk).update(digest="0" * 64)


@pytest.mark.expectation(1)
def test_an_edit_makes_a_new_version_that_says_what_changed(world: World, specification: SpecificationVersion) -> None:
    second = _ratify(world, _deliberated(world, TIGHTER))
    kept = SpecificationVersion.objects.get(pk=specification.pk)
    assert (bytes(kept.document), kept.text, kept.digest) == (
        bytes(specification.document),
        specification.text,
        specification.digest,
    )
    assert second.digest != specification.digest
    (change,) = second.changes
    assert (change["kind"], change["before"], change["after"]) == ("tightened", "0.7", "0.72")
    assert change["path"].startswith("dimensions.need-is-seen")
    assert change["path"].endswith("threshold")
    assert "0.7" in change["sentence"]
    assert "0.72" in change["sentence"]


@pytest.mark.expectation(1)
def test_a_ratified_text_cannot_be_ratified_again(world: World, specification: SpecificationVersion) -> None:
    with pytest.raises(Invalid) as refusal:
        world.draft(SPECIFICATION)
    assert refusal.value.code == "nothing-changed"


def test_a_loosening_needs_a_major_version(world: World, specification: SpecificationVersion) -> None:
    with pytest.raises(Invalid, match=r"2\.0\.0"):
        world.draft(LOOSER)
    assert world.draft(LOOSER.replace("version: 1.1.0", "version: 2.0.0"))


def test_the_drafter_never_ratifies(world: World) -> None:
    systems.grant_role(
        system_key="outreach",
        user=world.people.steward,
        role="board_member",
        starts_at=world.now,
        ends_at=world.now.replace(year=world.now.year + 1),
        by=world.people.administrator,
        at=world.now,
    )
    digest = _deliberated(world)
    with pytest.raises(NotPermitted, match="own draft"):
        _ratify(world, digest, name="steward")


def test_nothing_is_ratified_before_its_deliberation_is_decided(world: World) -> None:
    digest = world.draft()
    with pytest.raises(NotAllowedNow):
        _ratify(world, digest)
    deliberated = world.prepare_deliberation(digest=digest)
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    with pytest.raises(NotAllowedNow, match="not decided"):
        _ratify(world, digest)
    assert selectors.in_force(system=world.system) is None


def test_a_draft_that_changed_since_the_vote_is_not_ratified(world: World) -> None:
    digest = _deliberated(world)
    changed = world.draft(SPECIFICATION.replace("threshold: 0.70", "threshold: 0.50"))
    for known in (digest, changed):
        with pytest.raises(NotAllowedNow):
            _ratify(world, known)


def test_a_decision_about_an_earlier_draft_adopts_no_other(world: World) -> None:
    _deliberated(world)
    decided = selectors.working_draft(system=world.system).deliberation
    world.draft(SPECIFICATION.replace("threshold: 0.70", "threshold: 0.50"))
    with pytest.raises(Conflict, match="earlier draft"):
        services.put_forward(
            system_key="outreach", deliberation_id=decided.pk, by=world.people.steward, at=world.tick()
        )


def test_a_vote_without_its_quorum_adopts_nothing(world: World) -> None:
    digest = world.draft()
    deliberated = world.prepare_deliberation(digest=digest)
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    world.open_voting(deliberated)
    deliberation.cast_ballot(
        deliberation_id=deliberated.pk, ranking=["adopt"], by=world.people.representative, at=world.tick()
    )
    world.tick(60 * 24 * 8)
    outcome = deliberation.decide(deliberation_id=deliberated.pk, by=world.people.facilitator, at=world.now)
    assert outcome.document["quorate"] is False
    with pytest.raises(NotAllowedNow, match="quorum"):
        _ratify(world, digest)


def test_a_vote_that_sends_it_back_adopts_nothing(world: World) -> None:
    digest = world.draft()
    deliberated = world.prepare_deliberation(digest=digest)
    services.put_forward(
        system_key="outreach", deliberation_id=deliberated.pk, by=world.people.steward, at=world.tick()
    )
    world.open_voting(deliberated)
    for name in ("representative", "participant_good", "participant_limited"):
        by = world.people.by_name[name]
        deliberation.cast_ballot(deliberation_id=deliberated.pk, ranking=["revise"], by=by, at=world.tick())
    deliberation.decide(deliberation_id=deliberated.pk, by=world.people.facilitator, at=world.tick())
    with pytest.raises(NotAllowedNow, match="did not adopt"):
        _ratify(world, digest)


def test_who_read_another_draft_does_not_ratify_this_one(world: World) -> None:
    _deliberated(world)
    with pytest.raises(Conflict) as refusal:
        _ratify(world, "0" * 64)
    assert refusal.value.code == "stale-draft"


def test_a_draft_is_not_written_over_by_who_has_read_none(world: World) -> None:
    digest = world.draft()
    other = SPECIFICATION.replace("threshold: 0.70", "threshold: 0.71")
    with pytest.raises(Conflict) as refusal:
        services.save_draft(system_key="outreach", text=other, by=world.people.steward, at=world.tick())
    assert refusal.value.code == "stale-draft"
    assert world.drafted() == digest


def test_a_system_without_a_specification_is_hidden_like_any_other(world: World) -> None:
    said = set()
    for key in ("outreach", "nowhere"):
        for digest in ("0" * 64, "1" * 64):
            with pytest.raises(NotFound) as refusal:
                services.ratify(system_key=key, digest=digest, by=world.people.outsider, at=world.tick())
            said.add(refusal.value.message)
    assert said == {"There is no such system here."}


def test_a_deliberation_of_another_system_is_not_there(world: World) -> None:
    digest = world.draft()
    elsewhere = _prepared_elsewhere(world, digest)
    said = set()
    for number in (elsewhere, 10**9):
        with pytest.raises(NotFound) as refusal:
            services.put_forward(
                system_key="outreach", deliberation_id=number, by=world.people.steward, at=world.tick()
            )
        said.add(refusal.value.message)
    assert said == {"There is no such deliberation here."}


def _prepared_elsewhere(world: World, digest: str) -> int:
    """Return the id of a deliberation about this draft, prepared on another system."""
    by, at, people = world.people.administrator, world.tick(), world.people
    systems.create_system(
        key="triage", name="Triage", purpose="Says who comes first.", owner=people.steward, by=by, at=at
    )
    text = dict.fromkeys(("name", "mandate", "affected_because", "floor"), "Everybody")
    systems.declare_group(system_key="triage", key="everybody", selector={}, by=by, at=at, **text)
    systems.grant_role(
        system_key="triage",
        user=people.facilitator,
        role="facilitator",
        starts_at=at,
        ends_at=at + timedelta(days=30),
        by=by,
        at=at,
    )
    found = deliberation.prepare(
        system_key="triage",
        subject="specification:triage",
        subject_digest=digest,
        question="Shall this specification be adopted?",
        framing="It is another system's.",
        options=[{"key": "adopt", "text": "Adopt it"}, {"key": "revise", "text": "Send it back"}],
        seated_groups=["everybody"],
        rule="majority",
        quorum=1,
        group_quorum=1,
        smallest_group=3,
        proposer=people.steward,
        by=people.facilitator,
        at=world.tick(),
    )
    return found.pk


def test_a_draft_that_is_not_there_is_not_replaced(world: World) -> None:
    with pytest.raises(Conflict) as refusal:
        services.save_draft(
            system_key="outreach", text=SPECIFICATION, replaces="0" * 64, by=world.people.steward, at=world.tick()
        )
    assert refusal.value.code == "stale-draft"
    assert world.drafted() == ""


def test_a_draft_is_not_written_over_one_that_was_not_read(world: World) -> None:
    read = world.draft()
    world.draft(SPECIFICATION.replace("threshold: 0.70", "threshold: 0.71"))
    with pytest.raises(Conflict) as refusal:
        services.save_draft(
            system_key="outreach", text=SPECIFICATION, replaces=read, by=world.people.steward, at=world.tick()
        )
    assert refusal.value.code == "stale-draft"


@pytest.mark.expectation(2)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SPECIFICATION + "weights: {need-is-seen: 0.6}\n", "weights"),
        (SPECIFICATION.replace("    tier: 0\n", "    tier: 0\n    weight: 0.6\n"), "weight"),
        (SPECIFICATION + "overall_score: 0.8\n", "score"),
    ],
)
def test_weights_across_dimensions_are_refused_and_nothing_is_kept(world: World, text: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        world.draft(text)
    assert refusal.value.code == "no-scalar-decides"
    assert any(said in problem.where and problem.line for problem in refusal.value.problems)
    assert selectors.working_draft(system=world.system) is None


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (SPECIFICATION + "#" * 300_000, "too-large", "document"),
        (SPECIFICATION.replace("purpose:", "purpos:"), "", "purpos"),
        (SPECIFICATION.replace("alpha: 0.05", "alpha: .nan"), "", "alpha"),
        (SPECIFICATION.replace("key: outreach\n", "key: triage\n", 1), "", "key"),
        (SPECIFICATION.replace("review_by: 2030-11-01", "review_by: 2020-11-01"), "", "review_by"),
        ("{", "not-yaml", "document"),
    ],
)
def test_a_draft_that_will_not_do_is_refused_by_name(world: World, text: str, code: str, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        world.draft(text)
    assert code in ("", refusal.value.code)
    assert any(where in problem.where and problem.remedy for problem in refusal.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        SPECIFICATION.replace("poor-health, limited]", "poor-health, rural]"),
        SPECIFICATION.replace("veto_groups: []", "veto_groups: [rural]"),
        SPECIFICATION.replace("representative, count: 1}", "representative, count: 1, group: rural}"),
    ],
)
def test_a_group_that_the_system_does_not_have_is_refused_by_name(world: World, text: str) -> None:
    with pytest.raises(Invalid, match="rural"):
        world.draft(text)


def test_a_system_without_a_draft_has_nothing_to_ratify(world: World) -> None:
    with pytest.raises(NotFound):
        _ratify(world, "0" * 64)


def test_a_group_that_is_declared_anew_changes_nothing_about_what_was_ratified(
    world: World, specification: SpecificationVersion
) -> None:
    world.declare("poor-health", {"column": "health", "equals": "excellent"})
    kept = SpecificationVersion.objects.get(pk=specification.pk)
    assert kept.selectors()["poor-health"] == {"column": "health", "equals": "poor"}
    assert kept.populations["poor-health"]["version"] == 1
    assert _leaf(specification)["data"]["populations"] == canonical.digest(kept.populations)


def test_the_next_version_takes_the_new_population_in_as_a_loosening(
    world: World, specification: SpecificationVersion
) -> None:
    world.declare("poor-health", {"column": "health", "in": ["poor", "fair"]})
    with pytest.raises(Invalid, match=r"poor-health\.population.*major version"):
        world.draft(TIGHTER)
    version = _ratify(world, _deliberated(world, TIGHTER.replace("version: 1.1.0", "version: 2.0.0")))
    change = next(change for change in version.changes if change["path"] == "groups.poor-health.population")
    assert (change["kind"], change["before"], change["after"]) == (
        "loosened",
        "health is poor",
        "health is poor or fair",
    )
    assert version.selectors()["poor-health"]["in"] == ["poor", "fair"]


def test_a_group_declared_anew_since_the_deliberation_asks_for_another_one(world: World) -> None:
    digest = _deliberated(world)
    world.declare("poor-health", {"column": "health", "equals": "excellent"})
    with pytest.raises(Conflict) as refusal:
        _ratify(world, digest)
    assert refusal.value.code == "group-changed"
    assert not SpecificationVersion.objects.exists()


def _leaf(version: SpecificationVersion) -> dict[str, Any]:
    return log.entry(version.leaf_id).document


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('contexts: ["*"]', "contexts: [us/outreach, us/outreach/phnoe]", "us/outreach/phnoe"),
        ("key: us/outreach/letter", "key: us/outreach/lettre", "us/outreach/lettre"),
    ],
)
def test_a_context_that_the_system_does_not_have_is_refused_by_name(
    world: World, old: str, new: str, where: str
) -> None:
    with pytest.raises(Invalid, match=f"`{where}` covers no context") as refusal:
        world.draft(SPECIFICATION.replace(old, new, 1))
    assert refusal.value.code == "context-unknown"


def test_a_group_that_signs_or_loses_something_has_a_seat_in_the_deliberation(world: World) -> None:
    vetoing = SPECIFICATION.replace("veto_groups: []", "veto_groups: [fair-health]")
    with pytest.raises(NotAllowedNow, match="fair-health") as refusal:
        _ratify(world, _deliberated(world, vetoing))
    assert refusal.value.code == "group-not-seated"
    _ratify(world, _deliberated(world))
    with pytest.raises(NotAllowedNow, match="excellent-health, fair-health"):
        _ratify(world, _deliberated(world, LOOSER.replace("version: 1.1.0", "version: 2.0.0")))


def test_an_old_outcome_ratifies_nothing_new(world: World) -> None:
    digest = world.draft()
    decided = world.deliberate(digest)
    with pytest.raises(NotAllowedNow, match="before the vote"):
        services.put_forward(
            system_key="outreach", deliberation_id=decided.pk, by=world.people.steward, at=world.tick()
        )
