"""A page offers what would succeed, and says what has to happen first."""

from __future__ import annotations

import pytest

from governance.approvals import services as approvals
from governance.approvals.models import Approval, ReleaseCandidate
from governance.approvals.selectors import newest_revision
from governance.gates.models import Route
from governance.gates.wording import moment
from governance.specs.models import SpecificationVersion
from tests.factories import mirror
from tests.factories.world import FAILING, LETTER, PASSING, SPECIFICATION, UNEQUAL, World
from tests.frontend.conftest import SignedIn

pytestmark = pytest.mark.django_db
TIGHTER = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
OPEN = "/systems/outreach/candidates/open/"


def _read(world: World, as_person: SignedIn, name: str, path: str) -> str:
    response = as_person(world.people.by_name[name]).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_candidate_is_opened_only_for_what_is_registered_and_judged_under_the_specification_in_force(
    as_person: SignedIn, world: World, specification: SpecificationVersion
) -> None:
    world.judged()
    assert OPEN in _read(world, as_person, "engineer", "/systems/outreach/")
    world.judge(world.mirror("2"))
    assert _read(world, as_person, "engineer", "/systems/outreach/").count(OPEN) == 1
    world.ratify(TIGHTER)
    assert OPEN not in _read(world, as_person, "engineer", "/systems/outreach/")


def test_opening_what_cannot_be_opened_says_why_on_the_systems_page(
    as_person: SignedIn, world: World, specification: SpecificationVersion
) -> None:
    report = world.judge(world.mirror("2"))
    response = as_person(world.people.engineer).post(OPEN, {"report_id": report.pk})
    assert response.status_code == 422
    assert "is not registered. Run edgewise register" in response.content.decode()


def test_a_report_that_is_not_there_is_a_refusal_on_a_system_that_is(as_person: SignedIn, world: World) -> None:
    response = as_person(world.people.engineer).post(OPEN, {"report_id": 4711})
    assert response.status_code == 422
    assert "There is no gate report 4711 here." in response.content.decode()
    assert as_person(world.people.outsider).post(OPEN, {"report_id": 4711}).status_code == 404


def test_a_current_candidate_needs_no_refreshing(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    page = f"/candidates/{candidate.pk}/"
    assert f"{page}refresh/" not in _read(world, as_person, "engineer", page)
    newer = world.give_evidence(candidate.model_version, FAILING)
    waiting = _read(world, as_person, "engineer", page)
    assert f"{page}refresh/" not in waiting
    assert "Judge it first." in waiting
    assert f"there is newer evidence, read since {moment(newer.read_at)}" in waiting
    assert "edgewise gate models:/outreach-model/1 --system outreach --context us/outreach/phone" in waiting
    world.judge(candidate.model_version)
    assert f"{page}refresh/" in _read(world, as_person, "engineer", page)


def test_nobody_is_asked_to_sign_what_is_out_of_date(
    as_person: SignedIn, world: World, candidate: ReleaseCandidate
) -> None:
    page = f"/candidates/{candidate.pk}/"
    assert f"{page}sign/" in _read(world, as_person, "board", page)
    world.give_evidence(candidate.model_version, FAILING)
    text = _read(world, as_person, "board", page)
    assert f"{page}sign/" not in text
    assert "An engineer brings it up to date first" in text


def test_a_deliberation_is_prepared_only_about_a_draft(as_person: SignedIn, world: World) -> None:
    new = "/systems/outreach/deliberations/new/"
    assert new not in _read(world, as_person, "facilitator", "/systems/outreach/")
    assert "Nothing is drafted" in _read(world, as_person, "facilitator", new)
    world.draft()
    assert new in _read(world, as_person, "facilitator", "/systems/outreach/")
    assert "deliberations/prepare/" in _read(world, as_person, "facilitator", new)


def test_two_open_routes_have_a_form_each_and_one_refusal_stands_in_one_of_them(
    as_person: SignedIn, world: World
) -> None:
    candidate = world.open_candidate(UNEQUAL)
    report = newest_revision(candidate).report
    first = report.routes.get()
    same = {name: getattr(first, name) for name in ("report", "signal", "dimension", "metric", "process", "opened_at")}
    second = Route.objects.create(**same, sentence="Another gap.")
    world.deliberate(report.digest)
    page = f"/candidates/{candidate.pk}/"
    text = _read(world, as_person, "facilitator", page)
    assert f'id="closerouteform-{first.pk}-because"' in text
    assert f'id="closerouteform-{second.pk}-because"' in text
    client = as_person(world.people.facilitator)
    refused = client.post(f"{page}routes/{second.pk}/close/", {"because": ""})
    assert refused.status_code == 422
    assert refused.content.decode().count("This field is required.") == 1
    missing = client.post(f"{page}routes/4711/close/", {"because": "Done."})
    assert missing.status_code == 422
    assert "There is no route 4711 here." in missing.content.decode()


def test_a_refusal_is_tied_to_its_field(as_person: SignedIn, world: World, candidate: ReleaseCandidate) -> None:
    client = as_person(world.people.engineer)
    text = client.post(f"/candidates/{candidate.pk}/withdraw/", {"reason": ""}).content.decode()
    assert 'aria-describedby="withdrawform-reason_error"' in text
    assert 'id="withdrawform-reason_error"' in text


def test_the_facilitator_prepares_what_a_route_asks_for_and_closes_it_by_the_outcome(
    as_person: SignedIn, world: World
) -> None:
    candidate = world.open_candidate(UNEQUAL)
    report, page = newest_revision(candidate).report, f"/candidates/{candidate.pk}/"
    closing = f"{page}routes/{report.routes.get().pk}/close/"
    new = f"/systems/outreach/deliberations/new/?report={report.pk}"
    asked = _read(world, as_person, "facilitator", page)
    assert new in asked
    assert closing not in asked
    client = as_person(world.people.facilitator)
    begun = client.get(new).context["form"].initial
    seats = {"seated_groups": ["good-health", "limited", "poor-health"], "quorum": 3}
    assert begun["subject_digest"] == report.digest
    assert client.post("/systems/outreach/deliberations/prepare/", begun | seats).status_code == 302
    world.open_voting(world.system.deliberations.get(subject_digest=report.digest))
    text = _read(world, as_person, "facilitator", page)
    assert "Is what the gate found about outreach-model 1" in text
    assert "closes <time" in text
    assert closing not in text
    answer = world.deliberate(report.digest)
    assert closing in _read(world, as_person, "facilitator", page)
    closed = client.post(closing, {"because": "It was heard.", "deliberation_id": answer.pk}, follow=True)
    assert f'It was decided in <a href="/deliberations/{answer.pk}/">' in closed.content.decode()


@pytest.mark.parametrize("number", ["4711", "soon", "9" * 5000])
def test_a_report_that_is_not_there_is_not_deliberated(number: str, as_person: SignedIn, world: World) -> None:
    client = as_person(world.people.facilitator)
    assert client.get("/systems/outreach/deliberations/new/", {"report": number}).status_code == 404


def test_a_candidate_leads_to_its_incumbent_and_to_its_earlier_revisions(
    as_person: SignedIn, world: World, approval: Approval
) -> None:
    mirror.point_alias("live-phone", approval.model_version, at=world.tick())
    incumbent = approval.decision.revision.candidate
    candidate = world.open_candidate(number="2")
    world.give_evidence(candidate.model_version, FAILING)
    world.judge(candidate.model_version)
    approvals.refresh_candidate(candidate_id=candidate.pk, by=world.people.engineer, at=world.tick())
    page = f"/candidates/{candidate.pk}/"
    text = _read(world, as_person, "board", page)
    assert f'incumbent <a href="/candidates/{incumbent.pk}/">' in text
    assert f'href="{page}revisions/1/"' in text
    earlier = _read(world, as_person, "board", f"{page}revisions/1/")
    assert "Revision 2 took its place" in earlier
    assert "<form" not in earlier.split("<main")[1]
    assert as_person(world.people.board).get(f"{page}revisions/3/").status_code == 404
    assert "incumbent <a" not in _read(world, as_person, "board", f"/candidates/{incumbent.pk}/")


def test_a_candidate_says_which_group_would_lose_and_for_which_nobody_can_tell(
    as_person: SignedIn, world: World, approval: Approval
) -> None:
    losing = world.open_candidate({**PASSING, "poor-health": (850, 1000), "limited": (970, 1000)}, number="2")
    text = _read(world, as_person, "board", f"/candidates/{losing.pk}/")
    assert "Poor health would lose on recall: 0.92 → 0.85." in text
    assert "Limited would gain on recall: 0.92 → 0.97." in text
    assert "Nobody can say" not in text
    unknown = world.open_again(world.judge(world.register("3").model_version).model_version)
    text = _read(world, as_person, "board", f"/candidates/{unknown.pk}/")
    assert "Nobody can say who else loses: there is no evidence to compare for excellent-health" in text
    assert "No group loses" not in text


def test_a_system_says_since_when_and_by_whom_it_drafts_and_deliberates(as_person: SignedIn, world: World) -> None:
    deliberated = world.prepare_deliberation(digest=world.draft())
    world.open_voting(deliberated)
    text = " ".join(_read(world, as_person, "auditor", "/systems/outreach/").split())
    steward, facilitator = world.people.steward.name, world.people.facilitator.name
    assert f"</time> by {steward} " in text.split("A draft is being drafted, since")[1]
    assert f"</time> by {facilitator} " in text.split("voting since")[1]


def test_a_candidate_for_another_context_has_no_incumbent(
    as_person: SignedIn, world: World, approval: Approval
) -> None:
    version = approval.model_version
    world.judge(version, LETTER)
    candidate = world.open_again(version, LETTER)
    assert "incumbent <a" not in _read(world, as_person, "board", f"/candidates/{candidate.pk}/")
