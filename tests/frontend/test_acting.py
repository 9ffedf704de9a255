"""What people do on the pages: done once, refused with a reason, and nothing typed is lost."""

from __future__ import annotations

import pytest

from frontend import routes
from governance.actions import register
from governance.approvals import selectors
from governance.approvals.models import ReleaseCandidate, SignOff
from governance.audit.models import Leaf
from tests.factories.world import SPECIFICATION, UNEQUAL, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db


def _signature(candidate: ReleaseCandidate, **said: str) -> dict[str, str]:
    digest = selectors.newest_revision(candidate).digest
    return {"shown_digest": digest, "role": "board_member", "stance": "approve", "reason": ""} | said


def test_a_board_member_signs_and_is_sent_back_to_the_candidate(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    response = as_person(world.people.board).post(
        f"/candidates/{candidate.pk}/sign/", _signature(candidate), follow=True
    )
    assert response.redirect_chain == [(f"/candidates/{candidate.pk}/", 302)]
    assert "Your word is on record." in response.content.decode()
    assert SignOff.objects.get().stance == "approve"


def test_a_representative_signs_for_their_group(as_person: SignedIn, world: World, candidate: ReleaseCandidate) -> None:
    said = _signature(candidate, role="representative:poor-health")
    as_person(world.people.representative).post(f"/candidates/{candidate.pk}/sign/", said)
    assert (SignOff.objects.get().role, SignOff.objects.get().group_key) == ("representative", "poor-health")


def test_an_objection_without_a_reason_is_refused_beside_its_field(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    said = _signature(candidate, stance="object")
    response = as_person(world.people.board).post(f"/candidates/{candidate.pk}/sign/", said)
    assert response.status_code == 422
    assert "Say why you object or abstain." in response.content.decode()


@pytest.mark.parametrize(
    ("digest", "status", "said"), [("0" * 64, 409, "is not the newest revision"), ("", 422, "This field is required")]
)
def test_what_was_typed_stays_when_something_else_was_shown(
    as_person: SignedIn, digest: str, status: int, said: str, world: World, candidate: ReleaseCandidate
) -> None:
    typed = _signature(candidate, stance="object", reason="Letters come too late.", shown_digest=digest)
    response = as_person(world.people.board).post(f"/candidates/{candidate.pk}/sign/", typed)
    assert response.status_code == status
    assert said in response.content.decode()
    assert "Letters come too late." in response.content.decode()


@pytest.mark.parametrize(("name", "status"), [("engineer", 403), ("auditor", 403), ("outsider", 404)])
def test_whoever_may_not_sign_changes_nothing_and_leaves_no_entry(
    as_person: SignedIn, name: str, status: int, world: World, candidate: ReleaseCandidate
) -> None:
    before = Leaf.objects.count()
    client = as_person(world.people.by_name[name])
    response = client.post(f"/candidates/{candidate.pk}/sign/", _signature(candidate))
    assert response.status_code == status
    assert (SignOff.objects.count(), Leaf.objects.count()) == (0, before)


def test_deciding_before_the_policy_is_met_lists_what_is_unmet(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    digest = selectors.newest_revision(candidate).digest
    said = {"shown_digest": digest, "outcome": "approved", "reason": "We are in a hurry."}
    response = as_person(world.people.board).post(f"/candidates/{candidate.pk}/decide/", said)
    assert response.status_code == 409
    assert "0 of 2 approving sign-offs" in response.content.decode()
    assert "We are in a hurry." in response.content.decode()


def test_the_board_decides_and_then_revokes(as_person: SignedIn, world: World, candidate: ReleaseCandidate) -> None:
    world.sign_all(candidate)
    client = as_person(world.people.board)
    digest = selectors.newest_revision(candidate).digest
    client.post(
        f"/candidates/{candidate.pk}/decide/",
        {"shown_digest": digest, "outcome": "approved", "reason": "Every group is seen."},
    )
    approval = world.system.approvals.get()
    response = client.post(f"/approvals/{approval.pk}/revoke/", {"reason": "The data were wrong."}, follow=True)
    assert "Does not hold" in response.content.decode()
    assert client.get(f"/approvals/{approval.pk}/envelope.json").content == bytes(approval.envelope)


def test_the_facilitator_closes_an_open_route(as_person: SignedIn, world: World) -> None:
    candidate = world.open_candidate(UNEQUAL)
    report = selectors.newest_revision(candidate).report
    address = f"/candidates/{candidate.pk}/routes/{report.routes.get().pk}/close/"
    answered = {"because": "Deliberated in D-1.", "deliberation_id": world.deliberate(report.digest).pk}
    response = as_person(world.people.facilitator).post(address, answered, follow=True)
    assert "“Deliberated in D-1.”" in response.content.decode()


def test_a_deliberation_is_walked_from_its_question_to_its_answer(as_person: SignedIn, world: World) -> None:
    digest = world.draft()
    lead, seats = as_person(world.people.facilitator), ("participant_good", "participant_limited", "representative")
    asked = lead.get("/systems/outreach/deliberations/new/").context["form"].initial
    assert asked["subject_digest"] == digest
    wanted = {"framing": "Read it first.", "seated_groups": ["good-health", "limited", "poor-health"], "quorum": 3}
    prepared = lead.post("/systems/outreach/deliberations/prepare/", asked | wanted)
    page = prepared["Location"]
    as_person(world.people.steward).post(
        "/systems/outreach/specification/draft/put-forward/", {"deliberation_id": page.strip("/").split("/")[-1]}
    )
    lead.post(f"{page}open/")
    lead.post(f"{page}voting/", {"until": "2099-01-01T12:00"})
    for name in seats:
        voted = as_person(world.people.by_name[name]).post(f"{page}ballot/", {"ranking": ["adopt", ""]}, follow=True)
        assert "keep this" in voted.content.decode()
    as_person(world.people.participant_limited).post(f"{page}position/", {"kind": "dissent", "text": "Too low."})
    lead.post(f"{page}decide/")
    closed = lead.post(f"{page}close/", {"answer": "We look again in a year."}, follow=True).content.decode()
    assert "We look again in a year." in closed
    assert "Too low." in closed
    ratified = as_person(world.people.board).post(
        "/systems/outreach/specification/draft/ratify/", {"digest": digest}, follow=True
    )
    assert "Version 1.0.0 is in force." in ratified.content.decode()


def test_a_draft_that_will_not_do_is_kept_with_every_problem_and_its_place(as_person: SignedIn, world: World) -> None:
    text = "schema: edgewise/specification/v1\nkey: outreach\nweights: {a: 1}\n"
    response = as_person(world.people.steward).post("/systems/outreach/specification/draft/save/", {"text": text})
    assert response.status_code == 422
    assert "weights: {a: 1}" in response.content.decode()
    assert any(problem.line == 3 for problem in response.context["problems"])


def test_a_draft_that_somebody_changed_meanwhile_is_shown_before_it_is_replaced(
    as_person: SignedIn, world: World
) -> None:
    world.draft()
    client, address = as_person(world.people.steward), "/systems/outreach/specification/draft/save/"
    mine = SPECIFICATION.replace("Need is seen", "Need is noticed")
    refused = client.post(address, {"text": mine, "replaces": "0" * 64})
    assert refused.status_code == 409
    assert "What is saved now" in refused.content.decode()
    assert "Need is noticed" in refused.content.decode()
    knowingly = refused.context["form"]["replaces"].value()
    assert client.post(address, {"text": mine, "replaces": knowingly}).status_code == 302


def test_a_draft_that_was_begun_where_there_was_none_does_not_replace_another_unseen(
    as_person: SignedIn, world: World
) -> None:
    client = as_person(world.people.steward)
    opened = client.get("/systems/outreach/specification/draft/")
    assert '<input type="hidden" name="replaces" id="draftform-replaces">' in opened.content.decode()
    theirs = world.draft()
    mine = {"text": SPECIFICATION.replace("Need is seen", "Need is noticed"), "replaces": ""}
    refused = client.post("/systems/outreach/specification/draft/save/", mine)
    assert refused.status_code == 409
    assert "What is saved now" in refused.content.decode()
    world.system.specification.refresh_from_db()
    assert world.system.specification.draft_digest == theirs


def test_a_draft_is_checked_without_being_saved(as_person: SignedIn, world: World) -> None:
    client = as_person(world.people.steward)
    address = "/systems/outreach/specification/draft/lint/"
    whole = client.post(address, {"text": "key: 1\n"})
    part = client.post(address, {"text": "key: 1\n"}, headers={"hx-request": "true"})
    assert "must change" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    assert not hasattr(world.system, "specification")


def test_a_check_on_the_page_knows_the_system_and_warns_of_what_is_seldom_meant(
    as_person: SignedIn, world: World
) -> None:
    client = as_person(world.people.steward)
    address = "/systems/outreach/specification/draft/lint/"
    strange = client.post(address, {"text": SPECIFICATION.replace("poor-health, limited]", "poor-helth, limited]")})
    assert "Did you mean `poor-health`? Known: all, " in strange.content.decode()
    few = client.post(address, {"text": SPECIFICATION.replace("min_n: 50", "min_n: 5")}).content.decode()
    assert "may not say what is meant" in few
    assert "Not even a perfect result over 5 cases shows it" in few


def test_every_action_of_a_page_is_registered_and_asks_for_what_its_service_takes() -> None:
    import inspect

    known = register()
    for verb, route in routes.by_verb().items():
        parameters = inspect.signature(known[verb].function).parameters
        unknown = set(route.arguments) - parameters.keys() - {"candidate_id"}
        assert not unknown, (verb, unknown)


def test_a_post_needs_its_token() -> None:
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/sign-out/").status_code == 403
