"""The main pages in light and dark, on desktop and phone: WCAG 2.2 AA as far as a machine can tell."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from governance.approvals.selectors import newest_revision
from governance.audit import selectors as log
from governance.audit import services as audit
from tests.e2e.conftest import sign_in
from tests.factories import mirror
from tests.factories.evidence import EDGE_CASES
from tests.factories.world import FAILING, TWO_VALUES, UNEQUAL, World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

BETWEEN = "[need-is-seen, left-in-peace]"
TENSIONS = "".join(
    f"\n  - {{between: {BETWEEN}, measure: {measure}, band: [0, 1], leaving_acceptable: true, why: x}}"
    for measure in ("kendall-tau", "disagreement-share")
)
IN_TENSION = TWO_VALUES.replace("tensions: []", f"tensions:{TENSIONS}")
LOOSER = IN_TENSION.replace("version: 1.0.0", "version: 2.0.0").replace("min_n: 50", "min_n: 40")
AXE = Axe().axe_script
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OF_A_LOOK = {"type": "rule", "values": ["color-contrast", "target-size"]}
"""All that axe can judge in which two looks of one page differ."""
INKS = """() => {
  const shown = [...document.querySelectorAll("body, body *")].filter(element => element.checkVisibility());
  return shown.map(element => {
    const style = getComputedStyle(element);
    const inks = ["color", "backgroundColor", "borderTopColor", "borderBottomColor", "fill", "stroke", "colorScheme"];
    return [element.tagName, element.className.toString(), ...inks.map(ink => style[ink])].join(" ");
  });
}"""
"""What each element that is shown is drawn with: a picture that paper leaves out may still be on its way."""
PAGES = {
    "board": ["/", "/systems/outreach/", "/candidates/{failing}/", "/candidates/{passing}/", "/approvals/{approval}/"],
    "facilitator": [
        "/candidates/{routed}/",
        "/candidates/{unanswered}/",
        "/systems/outreach/deliberations/new/",
        "/systems/outreach/deliberations/new/?report={report}",
    ],
    "steward": [
        "/systems/outreach/versions/us/outreach/phone/",
        "/servers/main/",
        "/systems/outreach/metrics/?metric=recall",
        "/systems/outreach/evidence/",
        "/systems/outreach/edge-cases/",
        "/systems/outreach/specification/",
        "/systems/outreach/specification/compare/",
        "/systems/outreach/specification/draft/",
    ],
    "participant_good": ["/deliberations/{voting}/"],
    "auditor": [
        "/lineage/?of=models:/outreach-model/1",
        "/systems/outreach/history/?model=models:/outreach-model",
        "/log/",
        "/log/?since=soon",
        "/log/{entry}/",
    ],
}


@pytest.fixture(scope="module")
def places(world: World) -> dict[str, int]:
    """Something to see on each page."""
    world.ratify(IN_TENSION)
    passing = world.approve()
    mirror.said(passing.model_version, tags={"team": "safe\u202e" + "x" * 3000}, at=world.tick())
    failing = world.open_candidate(FAILING, number="2")
    routed = world.open_candidate(UNEQUAL, number="3")
    world.deliberate(newest_revision(routed).report.digest)
    unanswered = world.open_candidate(UNEQUAL, number="4")
    world.write_edge_cases(EDGE_CASES.replace("held-out", "development"))
    deliberated = world.prepare_deliberation(digest=world.draft(LOOSER))
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
    for name, paths in PAGES.items():
        with browser.new_context(base_url=site) as context:
            page = sign_in(context, name)
            for path in paths:
                page.goto(path.format(**places))
                found += _wrong(page)
    assert found == []


def test_paper_is_light_whatever_the_screen_is(places: dict[str, int], browser: Browser, site: str) -> None:
    found = []
    for name in ("board", "steward", "auditor"):
        with browser.new_context(base_url=site) as context:
            page = sign_in(context, name)
            for path in PAGES[name]:
                page.goto(path.format(**places))
                found += _dark_on_paper(page)
    assert found == []


def test_a_refused_form_has_no_violation(places: dict[str, int], context: BrowserContext) -> None:
    # The browser says of every refusal that the page did not load, which is no mistake of ours.
    page = sign_in(context, "facilitator", refused=True)
    page.goto("/candidates/{routed}/".format(**places))
    page.get_by_label("What was done about it").fill(" ")
    page.get_by_role("button", name="Close the route").click()
    page.get_by_text("This field is required.").wait_for()
    assert _wrong(page) == []


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


def _wrong(page: Page) -> list[str]:
    """Return what is wrong with a page in light on a desktop, and in dark on a phone."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    page.evaluate(AXE)
    found = _violations(page, EVERYTHING) + _sideways(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    page.wait_for_selector("html[data-bs-theme=dark]")
    return found + _violations(page, OF_A_LOOK) + _sideways(page)


def _dark_on_paper(page: Page) -> list[str]:
    """Return what paper shows otherwise where the screen is dark than where it is light, or with little contrast."""
    drawn = {}
    for theme in ("light", "dark"):
        page.emulate_media(media="screen", color_scheme=theme, reduced_motion="reduce")
        page.wait_for_selector(f"html[data-bs-theme={theme}]")
        page.emulate_media(media="print", color_scheme=theme)
        drawn[theme] = page.evaluate(INKS)
    page.evaluate(AXE)
    odd = [f"{page.url}: {dark}" for light, dark in zip(drawn["light"], drawn["dark"], strict=True) if light != dark]
    return odd[:3] + _violations(page, {"type": "rule", "values": ["color-contrast"]})


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what breaks `rules`, which `resultTypes` keeps axe from describing for all that breaks none."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [f"{page.url}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in found]


def _sideways(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [f"{page.url}: scrolls sideways"] if wide else []
