"""The journey that the product is for: read the candidate, sign it, decide it, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from governance.approvals.models import Decision, ReleaseCandidate, SignOff
from governance.deliberation.models import Deliberation
from tests.e2e.conftest import NEXT, sign_in
from tests.factories.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def candidate(world: World) -> ReleaseCandidate:
    """A candidate that only a board member has still to sign."""
    candidate = world.open_candidate()
    for name in ("second_board", "representative"):
        world.sign(candidate, name)
    return candidate


@pytest.fixture(scope="module")
def deliberated(world: World, candidate: ReleaseCandidate) -> Deliberation:
    """An open vote on the specification after the candidate's."""
    deliberated = world.prepare_deliberation(digest=world.draft(NEXT))
    world.open_voting(deliberated)
    return deliberated


def test_a_board_member_signs_a_candidate_and_decides_it(
    world: World, candidate: ReleaseCandidate, context: BrowserContext
) -> None:
    page = sign_in(context, "board")
    page.get_by_role("link", name="Read and sign").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("outreach-model 1 → us/outreach/phone")
    page.keyboard.press("s")
    page.get_by_label("I approve").check()
    page.get_by_role("button", name="Sign revision 1").click()
    expect(page.get_by_role("status")).to_have_text("Your word is on record.")
    page.get_by_label("Approve the release").check()
    page.get_by_label("Reason, for the record").fill("Every group is seen.")
    page.get_by_role("button", name="Decide revision 1").click()
    expect(page.get_by_text("Approved for us/outreach/phone until")).to_be_visible()
    assert SignOff.objects.filter(user=world.people.board, stance="approve").exists()
    assert Decision.objects.get().reason == "Every group is seen."


def test_a_participant_votes_on_a_phone_without_script(deliberated: Deliberation, browser: Browser, site: str) -> None:
    phone = {"width": 390, "height": 844}
    with browser.new_context(base_url=site, viewport=phone, java_script_enabled=False) as bare:
        page = sign_in(bare, "participant_good")
        page.get_by_role("link", name="Read and vote").click()
        page.get_by_label("Send it back").check()
        page.get_by_role("button", name="Cast the ballot").click()
        ballot = deliberated.ballots.get()
        expect(page.get_by_text(f"Your ballot is entry {ballot.leaf_id}; keep this.", exact=True)).to_be_visible()
    assert ballot.ranking == ["revise"]


def test_a_steward_takes_a_draft_from_a_file_and_saves_it(
    world: World, candidate: ReleaseCandidate, context: BrowserContext
) -> None:
    page = sign_in(context, "steward")
    page.goto("/systems/outreach/specification/draft/")
    text = NEXT.replace("Need is seen", "Need is noticed")
    page.get_by_label("Take the text from a file").set_input_files(
        {"name": "next.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    )
    expect(page.get_by_label("Specification (YAML or JSON)")).to_have_value(text)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("status")).to_have_text("The draft is saved.")
