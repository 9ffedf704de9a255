"""The picture of the lineage in a real browser: drawn once in sight, chosen by keyboard, collapsed when large."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from lineage.models import Run
from tests.e2e.conftest import sign_in
from tests.factories import mirror
from tests.factories.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
MODEL = "models:/outreach-model/1"
MANY = 2000


def test_the_picture_is_drawn_chosen_from_and_kept_small(context: BrowserContext, world: World) -> None:
    version = world.mirror("1")
    mirror.trained_on(version, name="visits", digest="abc")
    page = sign_in(context, "auditor")
    page.goto(f"/lineage/?of={MODEL}")
    expect(page.locator(".lineage-picture canvas").first).to_be_visible()
    expect(page.get_by_role("button", name="Larger")).to_be_visible()
    page.locator("[data-node^=dataset] summary").focus()
    expect(page.locator("[data-lineage-chosen]")).to_contain_text("visits")
    for name, width, scheme in (("desktop", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("EDGEWISE_PICTURES"):
            page.reload()
            expect(page.locator(".lineage-picture canvas").first).to_be_visible()
            page.screenshot(path=Path(folder) / f"lineage-{name}.png", full_page=True)
    page.emulate_media(media="print")
    expect(page.locator(".lineage-picture")).to_be_hidden()
    expect(page.locator(".lineage-list")).to_be_visible()
    page.emulate_media(media="screen")
    runs = [
        Run(server=version.server, run_id=f"up-{n}", parent_run_id=f"up-{n + 1}", first_seen_at=world.now)
        for n in range(MANY)
    ]
    Run.objects.bulk_create(runs)
    Run.objects.filter(run_id="train-1").update(parent_run_id="up-0")
    page.goto(f"/lineage/?of={MODEL}")
    expect(page.get_by_text("Drawn are the 250 things nearest to it, of 2004")).to_be_visible()
    expect(page.locator(".lineage-picture canvas").first).to_be_visible()
