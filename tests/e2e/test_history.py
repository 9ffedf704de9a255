"""The history of a version in a real browser: opened by keyboard, as long as a value may be, on a phone too."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import sign_in
from tests.factories import mirror
from tests.factories.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
LONG = "Approved by the board \u202egnp.exe" + "x" * 3000


def test_a_long_and_hostile_value_is_opened_by_keyboard_and_fits_a_phone(context: BrowserContext, world: World) -> None:
    world.now -= timedelta(hours=20)
    version = world.mirror("1")
    mirror.said(version, tags={"approved": "no", "team": "outreach"}, at=world.tick())
    mirror.move_alias("live-phone", version, of=version.registered_model, at=world.tick(90))
    mirror.said(version, tags={"approved": LONG, "team": "outreach"}, stage="Archived", at=world.tick(90))
    mirror.said(version, tags={"note": "الإصدار المعتمد"}, description="First line\nSecond line", at=world.tick(90))
    page = sign_in(context, "auditor")
    page.goto("/systems/outreach/history/?model=models:/outreach-model/1")
    summary = page.get_by_text(f"More of its {len(LONG)} characters").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="All of it, as a file").first).to_be_visible()
    expect(page.locator(".hidden-character").first).to_have_text("U+202E")
    for name, width, scheme in (("desktop", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("EDGEWISE_PICTURES"):
            page.screenshot(path=Path(folder) / f"history-{name}.png", full_page=True)
