"""The main pages in light and dark, on desktop and phone: WCAG 2.2 AA as far as a machine can tell."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from governance.approvals.selectors import newest_revision
from governance.audit import selectors as log
from governance.audit import services as audit
from tests.e2e.conftest import sign_in
from tests.factories.world import FAILING, SPECIFICATION, UNEQUAL, World

pytestmark = pytest.mark.e2e

NEXT = SPECIFICATION.replace("version: 1.0.0", "version: 1.1.0").replace("threshold: 0.70", "threshold: 0.72")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
LOOKS = (({"width": 1280, "height": 900}, "light"), ({"width": 390, "height": 844}, "dark"))
PAGES = {
    "board": ["/", "/systems/outreach/", "/candidates/{failing}/", "/candidates/{passing}/", "/approvals/{approval}/"],
    "facilitator": [
        "/",
        "/candidates/{routed}/",
        "/candidates/{unanswered}/",
        "/systems/outreach/deliberations/new/",
        "/systems/outreach/deliberations/new/?report={report}",
    ],
    "steward": ["/systems/outreach/specification/", "/systems/outreach/specification/draft/"],
    "participant_good": ["/deliberations/{voting}/"],
    "auditor": ["/log/", "/log/?since=soon", "/log/{entry}/"],
}


@pytest.fixture
def places(world: World) -> dict[str, int]:
    """Something to see on each page."""
    passing = world.approve()
    failing = world.open_candidate(FAILING, number="2")
    routed = world.open_candidate(UNEQUAL, number="3")
    world.deliberate(newest_revision(routed).report.digest)
    unanswered = world.open_candidate(UNEQUAL, number="4")
    deliberated = world.prepare_deliberation(digest=world.draft(NEXT))
    world.open_voting(deliberated)
    audit.integrate(at=world.tick())
    candidate = passing.decision.revision.candidate_id
    entry = log.entries(system="outreach", limit=1)[0].leaf_id
    return {
        "failing": failing.pk,
        "routed": routed.pk,
        "unanswered": unanswered.pk,
        "report": newest_revision(unanswered).report.pk,
        "passing": candidate,
        "approval": passing.pk,
        "voting": deliberated.pk,
        "entry": entry,
    }


def test_the_main_pages_have_no_violation_and_never_scroll_sideways(
    places: dict[str, int], browser: Browser, site: str
) -> None:
    found = []
    for viewport, scheme in LOOKS:
        for name, paths in PAGES.items():
            with browser.new_context(base_url=site, viewport=viewport, color_scheme=scheme) as context:
                page = sign_in(context, name)
                found += [wrong for path in paths for wrong in _wrong(page, path.format(**places))]
    assert found == []


def test_a_refused_form_has_no_violation(places: dict[str, int], browser: Browser, site: str) -> None:
    found = []
    for viewport, scheme in LOOKS:
        with browser.new_context(base_url=site, viewport=viewport, color_scheme=scheme) as context:
            # The browser says of every refusal that the page did not load, which is no mistake of ours.
            page = sign_in(context, "facilitator", refused=True)
            page.goto("/candidates/{routed}/".format(**places))
            page.get_by_label("What was done about it").fill(" ")
            page.get_by_role("button", name="Close the route").click()
            page.get_by_text("This field is required.").wait_for()
            found += _seen(page)
    assert found == []


def test_the_keys_can_be_turned_off_and_stay_off(places: dict[str, int], context: BrowserContext) -> None:
    page = sign_in(context, "board")
    page.goto("/systems/outreach/")
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(1)
    page.get_by_role("button", name="Turn keys off").click()
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(0)
    expect(page.get_by_role("button", name="Turn keys on")).to_be_visible()


def _wrong(page: Page, path: str) -> list[str]:
    page.goto(path)
    return _seen(page)


def _seen(page: Page) -> list[str]:
    path = page.url
    violations = Axe().run(page, options=RULES).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    sideways = [f"{path}: scrolls sideways"] if wide else []
    return [f"{path}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations] + sideways
