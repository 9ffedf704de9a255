"""MLflow's own web interface, in front of a server that asks Edgewise."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.factories.mirror import MODEL
from tests.lineage.mlflow_plugin.guarded import guarded_server

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


def test_whoever_sets_a_protected_alias_by_hand_reads_why_it_is_refused(browser: Browser, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/mlflow.db"
    with guarded_server(tmp_path, store=store, when_unreachable="refuse") as server, browser.new_page() as page:
        server.begin()
        server.token_file.write_text("ew_token")
        page.goto(f"{server.url}/#/models/{MODEL}/versions/2")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("dialog").get_by_role("combobox").click()
        page.keyboard.type("live-phone")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Save aliases").click()
        page.get_by_role("dialog").get_by_text("No answer from Edgewise").wait_for()
        assert server.aliases() == {}
